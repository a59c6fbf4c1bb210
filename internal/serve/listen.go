package serve

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
)

// Place is where a server listens.
type Place struct {
	net.Listener
	// Hosts are the names that requests may be for, the best to tell people first.
	Hosts []string
	// Loopback says that this machine alone can reach it.
	Loopback bool
}

// CheckAddress is an error where an address to listen at is not HOST:PORT.
func CheckAddress(address string) error {
	if _, err := net.ResolveTCPAddr("tcp", address); err != nil {
		return fmt.Errorf("%s is not HOST:PORT: %w", address, err)
	}
	return nil
}

// Listen listens at HOST:PORT; port 0 is any free one. More names, under which others know this
// machine, may be given.
func Listen(address string, names []string) (*Place, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listening: %w: want HOST:PORT", err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	p := &Place{Listener: l}
	at := l.Addr().(*net.TCPAddr)
	p.Loopback = at.IP.IsLoopback()
	add := func(name string) {
		name = strings.ToLower(strings.Trim(name, "[]"))
		if name != "" && !slices.Contains(p.Hosts, name) {
			p.Hosts = append(p.Hosts, name)
		}
	}
	for _, name := range names {
		add(name)
	}
	if !at.IP.IsUnspecified() {
		add(host)
		add(at.IP.String())
	}
	if p.Loopback || at.IP.IsUnspecified() {
		add("127.0.0.1")
		add("localhost")
		add("::1")
	}
	if at.IP.IsUnspecified() {
		if name, err := os.Hostname(); err == nil {
			add(name)
		}
		all, _ := net.InterfaceAddrs() // without them, names have to be given
		for _, a := range all {
			if n, ok := a.(*net.IPNet); ok {
				add(n.IP.String())
			}
		}
	}
	return p, nil
}

// URL is the address of the page, with the token that it needs; "" for none.
func (p *Place) URL(token string) string {
	at := p.Addr().(*net.TCPAddr)
	u := "http://" + net.JoinHostPort(p.Hosts[0], fmt.Sprint(at.Port)) + "/"
	if token != "" {
		u += "?token=" + token
	}
	return u
}

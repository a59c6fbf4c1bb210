package hub

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"

	"acol/internal/brief"
)

// URL returns the address from which the file is fetched, with the mirror's user and password.
// Shown is for people.
func (c *Cache) URL(f File) (string, error) { return c.address(f.Name, Server+"/"+f.Name) }

// address returns where a file is fetched from: its home, or the place of its name on the mirror.
func (c *Cache) address(name, home string) (string, error) {
	if c.Mirror == "" {
		return home, nil
	}
	u, err := parse(c.Mirror)
	if err != nil {
		return "", fmt.Errorf("the mirror %w", err)
	}
	return u.JoinPath(name).String(), nil
}

// parse reads an http or https address. The error of another one quotes it without a password.
func parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		if i := strings.LastIndexByte(address, '@'); i >= 0 {
			address = hiddenUser + address[i:]
		}
		return nil, fmt.Errorf("%s is not an http or https address", brief.Quote(address))
	}
	return u, nil
}

// Shown returns the address from which the file is fetched without a user or password.
func (c *Cache) Shown(f File) (string, error) {
	address, err := c.URL(f)
	return shown(address), err
}

// Mirrored reports whether files come from another server than the one that publishes them.
func (c *Cache) Mirrored() bool {
	return c.Mirror != "" && strings.TrimRight(c.Mirror, "/") != Server
}

// hiddenUser stands for a user and a password. A user alone may be a secret as well.
const hiddenUser = "xxxxx"

// Shown returns an address as messages show it, without a user or password.
func Shown(address string) string { return shown(address) }

// LastPart returns what stands behind the last slash of an address's path, with its escapes
// resolved: it may hold any character. It is "/" or "." where there is no such part, and "" where
// the address is none.
func LastPart(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return path.Base(u.Path)
}

// shown returns an address without a user or password.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return redacted(address)
	}
	if u.User != nil {
		u.User = url.User(hiddenUser)
	}
	return u.String()
}

// userinfo matches what stands before the host of an address in a text. The address may be no
// valid one, where a password has a character that must be escaped.
var userinfo = regexp.MustCompile(`//[^\s"']*@`)

// redacted hides the user and the password of every address in a text.
func redacted(text string) string {
	return userinfo.ReplaceAllString(text, "//"+hiddenUser+"@")
}

// discreet is an error whose text shows no password.
type discreet struct{ error }

func (d discreet) Error() string { return redacted(d.error.Error()) }
func (d discreet) Unwrap() error { return d.error }

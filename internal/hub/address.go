package hub

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// URL returns the address from which the file is fetched, with the mirror's user and password.
// Shown is for people.
func (c *Cache) URL(f File) (string, error) {
	base := c.Mirror
	if base == "" {
		base = Server
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		if i := strings.LastIndexByte(base, '@'); i >= 0 {
			base = hiddenUser + base[i:]
		}
		return "", fmt.Errorf("the mirror %q is not an http or https address", base)
	}
	return u.JoinPath(f.Name).String(), nil
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

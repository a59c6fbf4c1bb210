// Package brief shortens what comes from outside, such as a line of a list or the values of a key,
// so that no message is longer than somebody reads.
package brief

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Text gives s as it is if it has at most most bytes. Otherwise it gives the beginning and the end
// of s, about most bytes together, and says between them how many bytes are left out. The end stays
// because errors say there what is wrong.
func Text(s string, most int) string {
	if len(s) <= most {
		return s
	}
	head, tail := most*2/3, len(s)-most/3
	for head > 0 && !utf8.RuneStart(s[head]) {
		head--
	}
	for tail < len(s) && !utf8.RuneStart(s[tail]) {
		tail++
	}
	return fmt.Sprintf("%s … (%d bytes left out) … %s", s[:head], tail-head, s[tail:])
}

// Quote gives s in quotes, with everything escaped that is not printable. Of a long s it quotes the
// beginning and says how many bytes s has.
func Quote(s string) string {
	const most = 100
	if len(s) <= most {
		return fmt.Sprintf("%q", s)
	}
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%q… (%d bytes)", s[:end], len(s))
}

// List gives values between brackets as fmt prints them, up to ten of them, and how many more there
// are.
func List[T any](values []T) string {
	const most = 10
	var b strings.Builder
	b.WriteByte('[')
	for i, v := range values {
		if i == most {
			fmt.Fprintf(&b, " … and %d more", len(values)-most)
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(Text(fmt.Sprint(v), 200))
	}
	b.WriteByte(']')
	return b.String()
}

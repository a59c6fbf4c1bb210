package recipe

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// yamlLine matches the errors of the YAML library that have a line.
var yamlLine = regexp.MustCompile(`^yaml: line (\d+): (.*)`)

// yamlAnchor matches its error for an alias of an anchor that is not there.
var yamlAnchor = regexp.MustCompile(`^yaml: unknown anchor '(.*)' referenced`)

// syntaxError gives the line of an error of the YAML library, from 1, and the error in words for
// whoever wrote the file. The library leaves out the line of some errors, and that of an error in
// the first line; its parser counts lines from 0, its scanner from 1.
func syntaxError(raw []byte, err error) (line int, reason string) {
	text := err.Error()
	lineOf := func(offset int) int { return bytes.Count(raw[:max(offset, 0)], []byte("\n")) + 1 }
	if at := invalidUTF8(raw); at >= 0 {
		return lineOf(at), "not UTF-8 text"
	}
	if at := bytes.IndexFunc(raw, controls); at >= 0 && strings.Contains(text, "control characters") {
		return lineOf(at), "control characters are not allowed"
	}
	if m := yamlAnchor.FindStringSubmatch(text); m != nil {
		return lineOf(bytes.Index(raw, []byte("*"+m[1]))), "no anchor &" + cut(m[1]) + " before the alias"
	}
	line, reason = 1, strings.TrimPrefix(text, "yaml: ")
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		reason = m[2]
		if strings.HasPrefix(reason, "did not find expected") { // it is the parser's
			line++
		}
	}
	if strings.Contains(reason, "cannot start any token") && beginsWithTab(raw, line) {
		reason = "a tab at the beginning of a line: YAML indents with blanks"
	}
	return line, reason
}

// beginsWithTab says whether a line, from 1, begins with a tab.
func beginsWithTab(raw []byte, line int) bool {
	for ; line > 1; line-- {
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	return bytes.HasPrefix(raw, []byte("\t"))
}

// controls says whether YAML does not allow a character for being a control character.
func controls(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\u0085", r) }

// invalidUTF8 gives the offset of the first byte that is not UTF-8, -1 where there is none. YAML
// may be UTF-16 as well, with a byte order mark.
func invalidUTF8(raw []byte) int {
	if bytes.HasPrefix(raw, []byte("\xff\xfe")) || bytes.HasPrefix(raw, []byte("\xfe\xff")) {
		return -1
	}
	for at := 0; at < len(raw); {
		r, n := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && n == 1 {
			return at
		}
		at += n
	}
	return -1
}

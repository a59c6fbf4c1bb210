package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"acol/internal/brief"
)

// eachMember calls do for every member of a JSON object, in their order. Names are compared byte by
// byte: "Width" is not "width". raw must be valid JSON; it is an error if it is no object.
func eachMember(raw []byte, do func(name, value []byte) error) error {
	raw = bytes.TrimSpace(raw)
	if raw[0] != '{' {
		return fmt.Errorf("is %s, not an object", jsonKind(raw))
	}
	for at := 1; ; {
		at += spaces(raw[at:])
		if raw[at] == '}' {
			return nil
		}
		end := at + jsonEnd(raw[at:])
		name := raw[at+1 : end-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			var plain string
			if err := json.Unmarshal(raw[at:end], &plain); err != nil {
				return err
			}
			name = []byte(plain)
		}
		at = end + spaces(raw[end:]) + 1 // behind the colon
		at += spaces(raw[at:])
		end = at + jsonEnd(raw[at:])
		if err := do(name, raw[at:end]); err != nil {
			return err
		}
		at = end + spaces(raw[end:])
		if raw[at] == ',' {
			at++
		}
	}
}

// eachValue calls do for every value of a JSON array, in their order. raw must be valid JSON; it is
// an error if it is no array.
func eachValue(raw []byte, do func(value []byte) error) error {
	if raw[0] != '[' {
		return fmt.Errorf("is %s, not an array", jsonKind(raw))
	}
	for at := 1; ; {
		at += spaces(raw[at:])
		if raw[at] == ']' {
			return nil
		}
		end := at + jsonEnd(raw[at:])
		if err := do(raw[at:end]); err != nil {
			return err
		}
		at = end + spaces(raw[end:])
		if raw[at] == ',' {
			at++
		}
	}
}

// spaces counts the white space at the beginning of raw.
func spaces(raw []byte) int {
	n := 0
	for n < len(raw) && (raw[n] == ' ' || raw[n] == '\n' || raw[n] == '\t' || raw[n] == '\r') {
		n++
	}
	return n
}

// jsonEnd gives the length of the JSON value at the beginning of raw, which must be valid.
func jsonEnd(raw []byte) int {
	depth := 0
	for at := 0; at < len(raw); at++ {
		switch raw[at] {
		case '"':
			for at++; raw[at] != '"'; at++ {
				if raw[at] == '\\' {
					at++
				}
			}
			if depth == 0 {
				return at + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return at
			}
			if depth--; depth == 0 {
				return at + 1
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return at
			}
		}
	}
	return len(raw)
}

// isNull says whether a value is null, or not there.
func isNull(value []byte) bool { return len(value) == 0 || value[0] == 'n' }

// jsonKind names the kind of a value as messages do, with the value if it is a number or text.
func jsonKind(value []byte) string {
	if isNull(value) {
		return "null"
	}
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "the text " + brief.Text(string(value), 100)
	case 't', 'f':
		return string(value)
	}
	return "the number " + brief.Text(string(value), 100)
}

// isNumber says whether a value is a number.
func isNumber(value []byte) bool {
	return len(value) > 0 && (value[0] == '-' || value[0] >= '0' && value[0] <= '9')
}

// maxText bounds names and ids in JSON and XML, in bytes: no system has longer paths.
const maxText = 4096

// jsonText gives the text of a value. It is an error if the value is no text, not UTF-8, or longer
// than maxText.
func jsonText(value []byte) (string, error) {
	if isNull(value) || value[0] != '"' {
		return "", fmt.Errorf("is %s, not a text", jsonKind(value))
	}
	if !utf8.Valid(value) {
		return "", errors.New("is not UTF-8 text")
	}
	text := string(value[1 : len(value)-1])
	if bytes.IndexByte(value, '\\') >= 0 {
		if err := json.Unmarshal(value, &text); err != nil {
			return "", err
		}
	}
	if len(text) > maxText {
		return "", fmt.Errorf("%s is longer than %d bytes", brief.Quote(text), maxText)
	}
	return text, nil
}

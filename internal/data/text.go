package data

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// errUTF16 is the error of a list that Windows' editors and shells save as "Unicode".
var errUTF16 = errors.New("is UTF-16 text: save it as UTF-8")

// startText gives the text of r without a byte order mark. It is an error if the text is UTF-16,
// which shows in its first two bytes, because lists, JSON and YAML start with an ASCII character.
func startText(r io.Reader) (*bufio.Reader, error) {
	text := bufio.NewReaderSize(r, 1<<16)
	head, err := text.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if isUTF16(head) {
		return nil, errUTF16
	}
	if bytes.Equal(head, []byte("\ufeff")) {
		_, err = text.Discard(len(head))
		return text, err
	}
	return text, nil
}

// isUTF16 says whether a text whose first character is ASCII begins as UTF-16 does, with a byte
// order mark or without.
func isUTF16(head []byte) bool {
	if len(head) < 2 {
		return false
	}
	mark := head[0] == 0xfe && head[1] == 0xff || head[0] == 0xff && head[1] == 0xfe
	return mark || (head[0] == 0) != (head[1] == 0)
}

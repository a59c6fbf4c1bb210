package data

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	"acol/internal/brief"
)

// errXMLLong is the error of an annotation that nobody wrote by hand.
var errXMLLong = fmt.Errorf("is longer than %d bytes", maxXML)

// xmlDecoder makes a decoder of an XML file, whose text may have any encoding that browsers know.
// ASCII text is read whatever encoding it declares.
func xmlDecoder(r io.Reader) (*xml.Decoder, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxXML+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxXML {
		return nil, errXMLLong
	}
	wide := isUTF16(raw)
	if wide {
		order := unicode.LittleEndian // where no byte order mark says another
		if raw[0] == 0 {
			order = unicode.BigEndian
		}
		utf16 := unicode.UTF16(order, unicode.UseBOM)
		if raw, err = decodeText(utf16, "UTF-16", raw); err != nil {
			return nil, err
		}
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	d := xml.NewDecoder(bytes.NewReader(raw))
	d.CharsetReader = func(label string, rest io.Reader) (io.Reader, error) {
		if wide || isASCII(raw) {
			return rest, nil
		}
		name := strings.ToLower(label)
		if strings.HasPrefix(name, "utf-16") && utf8.Valid(raw) {
			return rest, nil // the declaration itself is not UTF-16
		}
		enc, err := htmlindex.Get(name)
		if err != nil { // latin-1, for instance, is latin1 there
			enc, err = htmlindex.Get(strings.NewReplacer("-", "", "_", "").Replace(name))
		}
		if err != nil {
			label = brief.Quote(label)
			return nil, fmt.Errorf("encoding %s is not known: save the file as UTF-8", label)
		}
		text, err := io.ReadAll(rest)
		if err != nil {
			return nil, err
		}
		if text, err = decodeText(enc, label, text); err != nil {
			return nil, err
		}
		return bytes.NewReader(text), nil
	}
	return d, nil
}

// isASCII says whether all bytes are ASCII characters.
func isASCII(raw []byte) bool {
	return !bytes.ContainsFunc(raw, func(r rune) bool { return r >= utf8.RuneSelf })
}

// decodeText turns text of an encoding into UTF-8. It is an error if a byte means nothing in it.
func decodeText(enc encoding.Encoding, name string, raw []byte) ([]byte, error) {
	text, err := enc.NewDecoder().Bytes(raw)
	if err == nil && bytes.ContainsRune(text, utf8.RuneError) {
		err = errors.New("some bytes mean nothing in it")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the text as %s: %w", brief.Quote(name), err)
	}
	return text, nil
}

package eval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A line of a file of records ends in a checksum of what is before it, so that no damage is read as
// another figure: {"id":"a.png", …,"crc32c":"1f2e3d4c"}. To other readers it is one more key.
const (
	sumStart = `,"crc32c":"`
	sumEnd   = `"}`
	sumLen   = len(sumStart) + 8 + len(sumEnd)
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errLine is of a line that does not have the checksum that it ends in.
var errLine = errors.New("the line does not have its checksum: it is damaged, or was edited")

// writeLine writes v, which is an object with a key, as a line with its checksum.
func writeLine(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	text = bytes.TrimSuffix(text, []byte("}"))
	_, err = fmt.Fprintf(w, "%s%s%08x%s\n", text, sumStart, crc32.Checksum(text, castagnoli), sumEnd)
	return err
}

// checkLine reports whether a line ends in a checksum, which has to be right.
func checkLine(line []byte) (has bool, err error) {
	if len(line) < sumLen {
		return false, nil
	}
	text, end := line[:len(line)-sumLen], line[len(line)-sumLen:]
	sum, starts := bytes.CutPrefix(end, []byte(sumStart))
	sum, ends := bytes.CutSuffix(sum, []byte(sumEnd))
	if !starts || !ends {
		return false, nil
	}
	if want := fmt.Appendf(nil, "%08x", crc32.Checksum(text, castagnoli)); !bytes.Equal(sum, want) {
		return true, errLine
	}
	return true, nil
}

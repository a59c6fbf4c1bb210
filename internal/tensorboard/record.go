package tensorboard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A record of a TFRecord file: the length of the data (8 bytes, little-endian), the masked CRC-32C
// of these 8 bytes, the data, and their masked CRC-32C.
// https://www.tensorflow.org/tutorials/load_data/tfrecord
const (
	headSize = 12
	footSize = 4
)

// maxRecord is the largest record that is read, in bytes. Those of this package are far smaller.
const maxRecord = 64 << 20

// errDamaged is of a record that is cut off or has another checksum than it says.
var errDamaged = errors.New("a damaged record")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is the masked CRC-32C of b.
func checksum(b []byte) uint32 {
	const delta = 0xa282ead8
	sum := crc32.Checksum(b, castagnoli)
	return (sum>>15 | sum<<17) + delta
}

// appendRecord appends the record of some data to b.
func appendRecord(b, data []byte) []byte {
	head := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(append(b, head...), checksum(head))
	return binary.LittleEndian.AppendUint32(append(b, data...), checksum(data))
}

// readRecord reads the data of the next record. At the end of the file the error is io.EOF.
func readRecord(r io.Reader) ([]byte, error) {
	var head [headSize]byte
	switch n, err := io.ReadFull(r, head[:]); {
	case n == 0 && err == io.EOF:
		return nil, io.EOF
	case err != nil && !cutOff(err):
		return nil, err
	case err != nil, checksum(head[:8]) != binary.LittleEndian.Uint32(head[8:]):
		return nil, errDamaged
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > maxRecord {
		return nil, fmt.Errorf("%w of %d bytes", errDamaged, n)
	}
	// What the file does not hold is not allocated, whatever its head says.
	data, err := io.ReadAll(io.LimitReader(r, int64(n)+footSize))
	if err != nil {
		return nil, err
	}
	if uint64(len(data)) < n+footSize {
		return nil, errDamaged
	}
	data, foot := data[:n], data[n:]
	if checksum(data) != binary.LittleEndian.Uint32(foot) {
		return nil, errDamaged
	}
	return data, nil
}

func cutOff(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

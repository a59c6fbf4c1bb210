package weights

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"
)

// The keys of the metadata that hold the checksums of a safetensors file of acol, in lower-case
// hexadecimal. docs/weights.md says how they are computed. XXH3 finds accidental damage about
// as fast as memory can be read, in a sixth of SHA-256's time. It does not resist forgery, but
// whoever can write the file can write its sums as well.
const (
	sumKey         = "acol_xxh128"          // of the tensors; see StateDict.Sum
	metadataSumKey = "acol_xxh128_metadata" // of all other metadata, sumKey's included
)

// noSum stands for a sum that is not known yet.
var noSum = strings.Repeat("0", 2*sumSize)

// sumSize is the number of bytes of a sum.
const sumSize = 16

// ErrDamaged is of a file that does not have the checksums that it carries.
var ErrDamaged = errors.New("the file is damaged")

// Sum returns the XXH3-128 of the tensors' names, dtypes, shapes and elements in lower-case
// hexadecimal. It depends neither on their order nor on the metadata, so that it is the identity of
// a model's weights. Files that acol wrote carry it; see Info.
func (d *StateDict) Sum() string {
	s := sums{}
	for _, name := range d.names {
		s.add(name, d.tensors[name])
	}
	return s.whole()
}

// sums holds for the name of each tensor what goes into the sum of all.
type sums map[string]string

// add sums the elements of a tensor.
func (s sums) add(name string, t Tensor) {
	elements := xxh3.Hash128(t.Raw).Bytes()
	s[name] = fmt.Sprintf("%s%s %s %x\n", netstring(name), t.DType, shapeString(t.Shape), elements)
}

// whole returns Sum of the tensors that were added.
func (s sums) whole() string {
	h := xxh3.New128()
	for _, name := range slices.Sorted(maps.Keys(s)) {
		_, _ = h.WriteString(s[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// summer sums tensors on a goroutine of its own, while its user does what takes longer with them.
type summer struct {
	tensors chan namedTensor
	sum     chan string
}

type namedTensor struct {
	name string
	Tensor
}

// newSummer returns a summer of at most n tensors. Call close in the end.
func newSummer(n int) summer {
	s := summer{make(chan namedTensor, n), make(chan string, 1)}
	go func() {
		all := sums{}
		for t := range s.tensors {
			all.add(t.name, t.Tensor)
		}
		s.sum <- all.whole()
	}()
	return s
}

// add does not wait. The tensor must not change until close returns.
func (s summer) add(name string, t Tensor) { s.tensors <- namedTensor{name, t} }

// close waits for the sum of all tensors and returns it.
func (s summer) close() string {
	close(s.tensors)
	return <-s.sum
}

// metadataSum returns the checksum of all metadata but its own.
func metadataSum(metadata map[string]string) string {
	h := xxh3.New128()
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if key != metadataSumKey {
			_, _ = h.WriteString(netstring(key) + netstring(metadata[key]))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// netstring returns a text with its length in bytes before it, so that no two lists of texts become
// the same bytes.
func netstring(s string) string { return fmt.Sprintf("%d:%s,", len(s), s) }

// withSums returns metadata with the checksums; sum is that of the tensors.
func withSums(metadata map[string]string, sum string) map[string]string {
	m := make(map[string]string, len(metadata)+2)
	maps.Copy(m, metadata)
	m[sumKey] = sum
	m[metadataSumKey] = metadataSum(m)
	return m
}

// takeSums takes the checksums out of a file's metadata, checks that of the metadata, and returns
// that of the tensors. A file of an older acol, or of another program, has neither: sum is "".
func takeSums(metadata map[string]string) (sum string, err error) {
	sum, hasSum := metadata[sumKey]
	meta, hasMeta := metadata[metadataSumKey]
	if !hasSum && !hasMeta {
		return "", nil
	}
	if !hasSum || !hasMeta || meta != metadataSum(metadata) {
		return "", fmt.Errorf("its metadata do not have the checksum %s: %w, "+
			"or another program wrote it with metadata of acol", metadataSumKey, ErrDamaged)
	}
	delete(metadata, sumKey)
	delete(metadata, metadataSumKey)
	return sum, nil
}

// Verify reads all tensors, one at a time, and returns an ErrDamaged where the file carries a
// checksum that is not theirs. A file without a checksum is not read.
func (f *File) Verify(ctx context.Context) error {
	if f.info.Sum == "" {
		return nil
	}
	all := sums{}
	for i, e := range f.entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		t, err := f.Tensor(i)
		if err != nil {
			return err
		}
		all.add(e.Name, t)
	}
	return f.compareSum(all.whole())
}

// compareSum returns an error where sum is not the one that the file carries.
func (f *File) compareSum(sum string) error {
	if f.info.Sum == sum {
		return nil
	}
	return fmt.Errorf("its tensors do not have the checksum %s: %w, "+
		"or another program wrote it with metadata of acol", sumKey, ErrDamaged)
}

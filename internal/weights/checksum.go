package weights

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"

	"acol/internal/parallel"
)

// The keys of the metadata that hold the checksums of a safetensors file of acol, in lower-case
// hexadecimal. docs/weights.md says how they are computed.
const (
	sumKey         = "acol_sha256"          // of the tensors; see StateDict.Sum
	metadataSumKey = "acol_sha256_metadata" // of all other metadata, sumKey's included
)

// noSum stands for a sum that is not known yet.
var noSum = strings.Repeat("0", 2*sha256.Size)

// ErrDamaged is of a file that does not have the checksums that it carries.
var ErrDamaged = errors.New("the file is damaged")

// Sum returns the SHA-256 of the tensors' names, dtypes, shapes and elements in lower-case
// hexadecimal. It depends neither on their order nor on the metadata, so that it is the identity of
// a model's weights. Files that acol wrote carry it; see Info.
func (d *StateDict) Sum() string {
	names := slices.Sorted(slices.Values(d.names))
	sums := make([][sha256.Size]byte, len(names))
	parallel.Each(runtime.GOMAXPROCS(0), len(names), func(i int) {
		sums[i] = sha256.Sum256(d.tensors[names[i]].Raw)
	})
	whole := sha256.New()
	for i, name := range names {
		addSum(whole, name, d.tensors[name], sums[i])
	}
	return hex.EncodeToString(whole.Sum(nil))
}

// addSum adds what Sum is of: a tensor's name, dtype, shape and the sum of its elements.
func addSum(whole hash.Hash, name string, t Tensor, sum [sha256.Size]byte) {
	netstring(whole, name)
	fmt.Fprintf(whole, "%s %s %x\n", t.DType, shapeString(t.Shape), sum)
}

// metadataSum returns the checksum of all metadata but its own.
func metadataSum(metadata map[string]string) string {
	h := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if key != metadataSumKey {
			netstring(h, key)
			netstring(h, metadata[key])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// netstring writes a text with its length in bytes before it, so that no two lists of texts become
// the same bytes.
func netstring(h hash.Hash, s string) {
	fmt.Fprintf(h, "%d:", len(s))
	_, _ = io.WriteString(h, s)
	_, _ = io.WriteString(h, ",")
}

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
	place := map[string]int{}
	for i, e := range f.entries {
		place[e.Name] = i
	}
	whole := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(place)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		t, err := f.Tensor(place[name])
		if err != nil {
			return err
		}
		addSum(whole, name, t, sha256.Sum256(t.Raw))
	}
	return f.compareSum(hex.EncodeToString(whole.Sum(nil)))
}

// checkSum returns an error where the file carries a checksum that is not that of its tensors d.
func (f *File) checkSum(d *StateDict) error {
	if f.info.Sum == "" {
		return nil
	}
	return f.compareSum(d.Sum())
}

func (f *File) compareSum(sum string) error {
	if f.info.Sum == sum {
		return nil
	}
	return fmt.Errorf("its tensors do not have the checksum %s: %w, "+
		"or another program wrote it with metadata of acol", sumKey, ErrDamaged)
}

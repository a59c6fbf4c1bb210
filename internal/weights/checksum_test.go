package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The sums come from the Python program in docs/weights.md.
func TestSumIsTheDocumentedOne(t *testing.T) {
	for name, want := range map[string]string{
		"mixed":      "3ce7132edfa79a5d0066eacd70d8968b",
		"names":      "6274761bddbad1628e622bf5632cdd59",
		"checkpoint": "bdf358a2b7a3acaeb364912f16d7b152",
		"views":      "99fe0e6f1557bf95da0a15a75ffffd52",
	} {
		d, info, err := Open(filepath.Join("testdata", name+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Sum(); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
		if info.Sum != "" {
			t.Errorf("%s: carries %s, want none", name, info.Sum)
		}
	}
	meta := map[string]string{"format": "pt", metadataSumKey: "not counted"}
	const want = "223957b1c87fdb5ecb618de3d473a92f"
	if got := metadataSum(meta); got != want {
		t.Errorf("of metadata: got %s, want %s", got, want)
	}
}

// The sum comes from Python's xxhash. The lengths are about the borders between the ways in which
// XXH3 treats short and long inputs, of which the longest use assembly.
func TestSumIsXXH3OfEachLength(t *testing.T) {
	data := make([]byte, 1_000_000)
	for i := range data {
		data[i] = byte(i * i >> 3)
	}
	d := NewStateDict()
	for _, n := range []int{
		0, 1, 3, 4, 8, 9, 16, 17, 128, 129, 240, 241, 1023, 1024, 1025, 65_537, len(data),
	} {
		d.Set(fmt.Sprintf("%07d", n), Tensor{U8, []int{n}, data[:n]})
	}
	if got, want := d.Sum(), "2ffc5c30b4f4137e442eddafcb1b5ef7"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFilesWrittenTogetherAreTheSame(t *testing.T) {
	d := small(t)
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := WriteSafetensorsFiles(d, a, b); err != nil {
		t.Fatal(err)
	}
	want := summed(t, d)
	for _, path := range []string{a, b} {
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", filepath.Base(path), got, err, want)
		}
	}
	missing := filepath.Join(dir, "missing", "c")
	if err := WriteSafetensorsFiles(d, missing, filepath.Join(dir, "d")); err == nil {
		t.Error("a folder that is not there: no error")
	}
	if _, err := os.Stat(filepath.Join(dir, "d")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after an error: got %v, want no further file", err)
	}
}

func TestSumIsOfTheTensorsAlone(t *testing.T) {
	dict := func(change func(d *StateDict)) string {
		d := small(t)
		change(d)
		return d.Sum()
	}
	same := dict(func(*StateDict) {})
	if got := dict(func(d *StateDict) { d.Metadata["epoch"] = "9" }); got != same {
		t.Error("metadata change the sum")
	}
	if got := dict(func(d *StateDict) { slices.Reverse(d.names) }); got != same {
		t.Error("the order of the names changes the sum")
	}
	a, _ := small(t).Get("a.weight")
	for what, change := range map[string]func(*StateDict){
		"a name":    func(d *StateDict) { d.Set("c", Tensor{U8, []int{0}, nil}) },
		"a shape":   func(d *StateDict) { d.Set("a.weight", Tensor{a.DType, []int{3, 2}, a.Raw}) },
		"a dtype":   func(d *StateDict) { d.Set("a.weight", Tensor{I32, a.Shape, a.Raw}) },
		"an order":  func(d *StateDict) { d.Set("a.weight", Tensor{a.DType, a.Shape, backwards(a.Raw)}) },
		"no tensor": func(d *StateDict) { *d = *NewStateDict() },
	} {
		if dict(change) == same {
			t.Errorf("%s does not change the sum", what)
		}
	}
}

func TestFilesCarryTheirSumAndNobodySeesIt(t *testing.T) {
	d := small(t)
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := WriteSafetensorsFile(path, d); err != nil {
		t.Fatal(err)
	}
	back, info, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	assertEqual(t, back, d)
	if info.Sum != d.Sum() || back.Sum() != d.Sum() {
		t.Errorf("carries %s and has %s, want %s", info.Sum, back.Sum(), d.Sum())
	}
	if want := small(t).Metadata; !maps.Equal(back.Metadata, want) || !maps.Equal(d.Metadata, want) {
		t.Errorf("metadata %v of the file and %v of the writer, want %v", back.Metadata, d.Metadata, want)
	}
	d.Metadata[sumKey], d.Metadata[metadataSumKey] = "of another file", "too"
	if err := WriteSafetensorsFile(path, d); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(path); err != nil {
		t.Errorf("with stale sums in its metadata: %v", err)
	}
}

// Every bit of the length, the header, its padding, the metadata and the data is turned.
func TestNoFlippedBitIsReadInSilence(t *testing.T) {
	whole := summed(t, small(t))
	for i := range whole {
		for bit := range 8 {
			b := slices.Clone(whole)
			b[i] ^= 1 << bit
			assertDamaged(t, b, "bit %d of byte %d (%q)", bit, i, whole[i])
		}
	}
}

func TestNoZeroedPageAndNoCutIsReadInSilence(t *testing.T) {
	d := small(t)
	d.Set("big", Tensor{U8, []int{20_000}, bytes.Repeat([]byte("weights "), 2_500)})
	whole := summed(t, d)
	const page = 4096
	for at := 0; at < len(whole); at += page {
		b := slices.Clone(whole)
		clear(b[at:min(at+page, len(b))])
		assertDamaged(t, b, "zeros from %d on", at)
	}
	for n := 0; n < len(whole); n += 97 {
		assertDamaged(t, whole[:n], "cut to %d bytes", n)
	}
	assertDamaged(t, append(slices.Clone(whole), 0), "a byte more")
}

func TestDamageIsTold(t *testing.T) {
	whole := summed(t, small(t))
	last := slices.Clone(whole)
	last[len(last)-1] ^= 1
	epoch := bytes.Replace(whole, []byte(`"epoch":"3"`), []byte(`"epoch":"4"`), 1)
	renamed := bytes.Replace(whole, []byte(sumKey+`"`), []byte(`acol_xxh129"`), 1)
	alone := bytes.Replace(whole, []byte(metadataSumKey), []byte("acol_xxh128_metadatb"), 1)
	for _, c := range []struct {
		what string
		file []byte
		key  string
	}{
		{"a tensor", last, sumKey}, {"metadata", epoch, metadataSumKey},
		{"no sum", renamed, metadataSumKey}, {"no sum of the metadata", alone, metadataSumKey},
	} {
		err := read(c.file)
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "checksum "+c.key+":") {
			t.Errorf("%s: got %v, want damage by %s", c.what, err, c.key)
		}
	}
}

// small is a state dict with the parts that a checkpoint has.
func small(t *testing.T) *StateDict {
	t.Helper()
	d := NewStateDict()
	a, err := FromFloat32s([]int{2, 3}, []float32{1, -2, 3, 0.5, 0, 6})
	if err != nil {
		t.Fatal(err)
	}
	d.Set("b.num_batches_tracked", Tensor{I64, []int{}, binary.LittleEndian.AppendUint64(nil, 7)})
	d.Set("a.weight", a)
	d.Metadata = map[string]string{"format": "pt", "epoch": "3", "acol_classes": `["x","ÿ"]`}
	return d
}

// summed is the file that acol writes of d.
func summed(t *testing.T, d *StateDict) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := WriteSafetensorsFile(path, d); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

func writeFile(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// read reads all of a file.
func read(b []byte) error {
	f, err := NewFile(bytes.NewReader(b), int64(len(b)))
	if err == nil {
		_, err = f.StateDict()
	}
	return err
}

func assertDamaged(t *testing.T, b []byte, format string, args ...any) {
	t.Helper()
	if read(b) == nil {
		t.Errorf(format+" is read in silence", args...)
	}
}

func backwards(b []byte) []byte {
	b = slices.Clone(b)
	slices.Reverse(b)
	return b
}

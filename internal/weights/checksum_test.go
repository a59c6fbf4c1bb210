package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
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
		"mixed":      "fad90746a363e8e7ccf50381ac5bd686d4015097cc080833039567429ae7743f",
		"names":      "7527ca0aa6ce23c5db32af9e0238ce7af8cfa26d8b3e617048c7a64637ed6d58",
		"checkpoint": "f06066d43355135d164cad1593904ff9725e39662a23d0a8154c32baaec449bf",
		"views":      "875b9d66e2f0091a16b16ccfbaa95a098b68b97253902accce32cd3e192fdb87",
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
	const want = "7534ac122c4bbef1e53b7bcbc1b2c05b8271831e92d70a7e9ecc7d281eeec788"
	if got := metadataSum(meta); got != want {
		t.Errorf("of metadata: got %s, want %s", got, want)
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
	renamed := bytes.Replace(whole, []byte(sumKey+`"`), []byte(`acol_sha257"`), 1)
	alone := bytes.Replace(whole, []byte(metadataSumKey), []byte("acol_sha256_metadatb"), 1)
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

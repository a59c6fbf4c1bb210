package weights

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The goldens were written by the reference implementation: reading one and writing it again must
// give its bytes.
func TestWriteGivesTheReferenceWritersBytes(t *testing.T) {
	for _, name := range []string{"mixed", "mixed.float32", "views", "checkpoint", "names"} {
		path := filepath.Join("testdata", name+".safetensors")
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		d, info, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Format != SafetensorsFormat || info.Size != int64(len(want)) {
			t.Errorf("%s: info %+v", name, info)
		}
		var got bytes.Buffer
		if err := WriteSafetensors(&got, d); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: got\n%q\nwant\n%q", name, got.Bytes(), want)
		}
	}
}

func TestWriteDoesNotDependOnTheOrderOfSet(t *testing.T) {
	d, _, err := Open("testdata/mixed.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	backwards := NewStateDict()
	names := d.Names()
	slices.Reverse(names)
	for _, name := range names {
		x, _ := d.Get(name)
		backwards.Set(name, x)
	}
	if a, b := encode(t, d), encode(t, backwards); !bytes.Equal(a, b) {
		t.Error("the bytes differ")
	}
}

func TestFileRoundTripIsBitExact(t *testing.T) {
	d := NewStateDict()
	d.Metadata["format"] = "pt"
	d.Metadata["epoch"] = "12"
	bits := []uint32{0, 1 << 31, 0x7f800001, 0xffc12345, 0x7f7fffff, 1} // signalling and quiet NaN, largest, subnormal
	values := make([]float32, len(bits))
	for i, b := range bits {
		values[i] = math.Float32frombits(b)
	}
	f, err := FromFloat32s([]int{2, 3}, values)
	if err != nil {
		t.Fatal(err)
	}
	n, err := newTensor(I64, nil, binary.LittleEndian.AppendUint64(nil, 1<<63))
	if err != nil {
		t.Fatal(err)
	}
	d.Set("conv.weight", f)
	d.Set("bn.num_batches_tracked", n)
	path := filepath.Join(t.TempDir(), "x.bin") // the name does not matter
	if err := WriteSafetensorsFile(path, d); err != nil {
		t.Fatal(err)
	}
	back, _, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	assertEqual(t, back, d)
	if back.Metadata["format"] != "pt" || back.Metadata["epoch"] != "12" || len(back.Metadata) != 2 {
		t.Errorf("metadata %v", back.Metadata)
	}
	x, _ := back.Get("conv.weight")
	got, err := x.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range bits {
		if math.Float32bits(got[i]) != b {
			t.Errorf("element %d: got %x, want %x", i, math.Float32bits(got[i]), b)
		}
	}
}

func TestEmptyStateDictIsAFile(t *testing.T) {
	b := encode(t, NewStateDict())
	if want := "\x08\x00\x00\x00\x00\x00\x00\x00{}      "; string(b) != want {
		t.Errorf("got %q, want %q", b, want)
	}
	f, err := NewFile(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(f.Entries()) != 0 {
		t.Errorf("got %d tensors, error %v", len(f.Entries()), err)
	}
}

func TestWriteRefusesWhatItCouldNotRead(t *testing.T) {
	for _, c := range []struct {
		name   string
		tensor Tensor
		want   string
	}{
		{"short", Tensor{F32, []int{3}, make([]byte, 8)}, "short: shape (3) of F32: got 8 bytes, want 12"},
		{"odd", Tensor{"F8_E4M3", []int{3}, make([]byte, 3)}, "odd: dtype F8_E4M3 not supported"},
		{"negative", Tensor{U8, []int{-1}, nil}, "negative: impossible shape (-1)"},
		{"\xff", Tensor{U8, []int{1}, []byte{1}}, `\xff: not UTF-8`},
		{"__metadata__", Tensor{U8, []int{1}, []byte{1}}, "a tensor cannot be called __metadata__"},
	} {
		d := NewStateDict()
		d.Set(c.name, c.tensor)
		err := WriteSafetensors(&bytes.Buffer{}, d)
		if err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestBrokenSafetensorsAreRefused(t *testing.T) {
	const one = `"dtype":"U8","shape":[1],"data_offsets":`
	for _, c := range []struct{ header, data, want string }{
		{`{"a":{` + one + `[0,1]}}`, "", "the tensors take 1 bytes, the file has 0 after its header: truncated or damaged"},
		{`{"a":{` + one + `[0,1]}}`, "xy", "the tensors take 1 bytes, the file has 2 after its header"},
		{`{"a":{` + one + `[1,2]}}`, "xy", "a: data begins at 1 and leaves a hole after a tensor that ends at 0"},
		{`{"a":{` + one + `[0,1]},"b":{` + one + `[0,1]}}`, "x", "b: data begins at 0 and overlaps a tensor that ends at 1"},
		{`{"a":{` + one + `[1,0]}}`, "x", "a: data offsets 1 to 0 run backwards"},
		{`{"a":{` + one + `[0,1]},"a":{` + one + `[1,2]}}`, "xy", "a: the name comes twice"},
		{`{"a":{"dtype":"U8",` + one + `[0,1]}}`, "x", "a: dtype: the name comes twice"},
		{`{"a":{"DTYPE":"U8","shape":[1],"data_offsets":[0,1]}}`, "x", "a: want dtype, shape and data_offsets"},
		{`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}`, "x", "a: shape (2) of U8 takes 2 bytes, data offsets 0 to 1 have 1"},
		{`{"a":{"dtype":"F8_E4M3","shape":[4294967296,4294967296],"data_offsets":[0,1]}}`, "x", "a: the size of shape (4294967296,4294967296) overflows"},
		{`{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,2]}}`, "x", "the tensors take 2 bytes, the file has 1 after its header"},
		{`{"a":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, "", "a: the size of shape (4294967296,4294967296) overflows"},
		{`{"a":{"dtype":"F64","shape":[9223372036854775807],"data_offsets":[0,0]}}`, "", "overflows"},
		{`{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,0]}}`, "", "a: got 9223372036854775808, want an integer from 0 to 2^63-1"},
		{`{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}`, "x", "a: got -1, want an integer"},
		{`{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}`, "x", "a: got 1.0, want an integer"},
		{`{"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}`, "x", "got a number, want an object or an array"},
		{`{"a":{"dtype":1,"shape":[1],"data_offsets":[0,1]}}`, "x", "got a number, want a string"},
		{`{"a":{` + one + `[0]}}`, "x", "a: want 2 data_offsets"},
		{`{"a":[]}`, "", "a: got [, want {"},
		{`{"__metadata__":{"epoch":3}}`, "", "__metadata__: at byte 26: got a number, want a string"},
		{`{"__metadata__":{"a":"1","a":"2"}}`, "", "__metadata__: a: the name comes twice"},
		{`{"a":`, "", "broken JSON"},
		{`{"a" 1}`, "", "broken JSON"},
		{`{} {}`, "", "text after the JSON object"},
		{"{\"\xff\":1}", "", "not UTF-8"},
	} {
		b := binary.LittleEndian.AppendUint64(nil, uint64(len(c.header)))
		assertRefused(t, c.header, append(append(b, c.header...), c.data...), c.want)
	}
	assertRefused(t, "huge header", []byte("\x01\xe1\xf5\x05\x00\x00\x00\x00{}"), "safetensors header: 100000001 bytes, want at most 100000000")
	assertRefused(t, "long header", []byte("\x09\x00\x00\x00\x00\x00\x00\x00{}"), "safetensors header: 9 bytes, but the file has only 10")
}

func TestDataLiesInTheOrderOfItsOffsets(t *testing.T) {
	const head = `{"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"more":{"x":[1]}},"none":{"dtype":"F32","shape":[0,9],"data_offsets":[2,2]}}`
	b := append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head+"xyz"...)
	f, err := NewFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	d, err := f.StateDict()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.Names(), " "); got != "a none b" {
		t.Errorf("names %s", got)
	}
	if x, _ := d.Get("b"); string(x.Raw) != "z" {
		t.Errorf("b holds %q", x.Raw)
	}
	if x, _ := d.Get("none"); len(x.Raw) != 0 || !slices.Equal(x.Shape, []int{0, 9}) {
		t.Errorf("none is %+v", x)
	}
}

func FuzzSafetensors(f *testing.F) {
	addFiles(f, "mixed.safetensors", "names.safetensors", "checkpoint.safetensors")
	f.Fuzz(func(t *testing.T, b []byte) {
		if !looksLikeSafetensors(b) {
			return
		}
		file, err := NewFile(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		d, err := file.StateDict()
		if err != nil {
			t.Fatalf("the header was good, the data was not: %v", err)
		}
		again := encode(t, d)
		file, err = NewFile(bytes.NewReader(again), int64(len(again)))
		if err != nil {
			t.Fatalf("cannot read what was written: %v", err)
		}
		back, err := file.StateDict()
		if err != nil {
			t.Fatal(err)
		}
		assertEqual(t, back, d)
	})
}

func encode(t *testing.T, d *StateDict) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteSafetensors(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// assertEqual compares the tensors by name, bit for bit, but not their order.
func assertEqual(t *testing.T, got, want *StateDict) {
	t.Helper()
	a, b := got.Names(), want.Names()
	slices.Sort(a)
	slices.Sort(b)
	if !slices.Equal(a, b) {
		t.Fatalf("got tensors %q, want %q", a, b)
	}
	for _, name := range a {
		x, _ := got.Get(name)
		y, _ := want.Get(name)
		if x.DType != y.DType || !slices.Equal(x.Shape, y.Shape) || !bytes.Equal(x.Raw, y.Raw) {
			t.Errorf("%s: got %s %v %x, want %s %v %x", name, x.DType, x.Shape, x.Raw, y.DType, y.Shape, y.Raw)
		}
	}
}

// assertRefused wants one error of one line that contains want, from the directory or from the
// data.
func assertRefused(t *testing.T, name string, b []byte, want string) {
	t.Helper()
	f, err := NewFile(bytes.NewReader(b), int64(len(b)))
	if err == nil {
		_, err = f.StateDict()
	}
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: got %v, want %s", name, err, want)
	}
}

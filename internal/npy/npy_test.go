package npy

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// The goldens were written by NumPy and hold 0 to 5, in both byte orders and both memory orders.
func TestReadGivesRowMajorNumbersWhateverTheFileHas(t *testing.T) {
	names := map[string]string{"f8": "float64", "f4": "float32", "f2": "float16", "i8": "int64", "i4": "int32", "u1": "uint8", "b1": "bool"}
	paths, err := filepath.Glob("testdata/*-[fiub][1248].npy")
	if err != nil {
		t.Fatal(err)
	}
	done := 0
	for _, path := range paths {
		base := filepath.Base(path)
		if !strings.HasPrefix(base, "c-") && !strings.HasPrefix(base, "fortran-") {
			continue
		}
		done++
		a, err := ReadFile(path, 6)
		if err != nil {
			t.Error(err)
			continue
		}
		want := []float64{0, 1, 2, 3, 4, 5}
		if strings.HasSuffix(path, "b1.npy") {
			want = []float64{0, 1, 0, 1, 0, 1}
		}
		if !slices.Equal(a.Shape, []int{2, 3}) || a.DType != names[path[len(path)-6:len(path)-4]] || !slices.Equal(a.Float64s(), want) {
			t.Errorf("%s: got %+v", path, a)
		}
		for i, v := range a.Float32s() {
			if float64(v) != want[i] {
				t.Errorf("%s: as float32: got %v", path, a.Float32s())
			}
		}
	}
	if done != 24 {
		t.Errorf("read %d goldens, want 24", done)
	}
}

func TestReadKeepsTheFilesType(t *testing.T) {
	for name, want := range map[string]any{
		"c-big-f8": []float64{0, 1, 2, 3, 4, 5}, "c-big-f2": []float32{0, 1, 2, 3, 4, 5}, "c-big-i8": []int64{0, 1, 2, 3, 4, 5},
		"c-big-i4": []int32{0, 1, 2, 3, 4, 5}, "c-u1": []uint8{0, 1, 2, 3, 4, 5}, "c-b1": []bool{false, true, false, true, false, true},
		"version2": []float32{0, 1, 2, 3, 4, 5}, "version3": []float32{0, 1, 2, 3, 4, 5},
	} {
		a, err := ReadFile(filepath.Join("testdata", name+".npy"), 6)
		if err != nil || fmt.Sprintf("%T%v", a.Data, a.Data) != fmt.Sprintf("%T%v", want, want) {
			t.Errorf("%s: got %T %v, error %v, want %T %v", name, a.Data, a.Data, err, want, want)
		}
	}
}

func TestFortranOrderOfThreeAxes(t *testing.T) {
	a, err := ReadFile("testdata/fortran-3d.npy", 24)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range a.Float64s() {
		if v != float64(i) {
			t.Fatalf("got %v", a.Data)
		}
	}
}

func TestHalvesKeepInfinitiesAndSubnormals(t *testing.T) {
	a, err := ReadFile("testdata/special-f2.npy", 100)
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{0, math.Copysign(0, -1), 1, -2.5, 0.0999755859375, 0x1p-24, -0x1p-14, 65504, math.Inf(1), math.Inf(-1), math.NaN()}
	want[6] = -1023 * 0x1p-24 // the nearest to -6.1e-5
	for i, v := range a.Float64s() {
		if math.Float64bits(v) != math.Float64bits(want[i]) && (v == v || want[i] == want[i]) {
			t.Errorf("element %d: got %g, want %g", i, v, want[i])
		}
	}
}

func TestWriteGivesNumPysBytes(t *testing.T) {
	for i, shape := range [][]int{{}, {0}, {1}, {7}, {2, 3}, {2, 0, 3}, {12, 3, 2}, {100000, 0}, {1, 2, 3, 4, 1}, {0, 12, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}} {
		n := 1
		for _, s := range shape {
			n *= s
		}
		wide, narrow := make([]float64, n), make([]float32, n)
		for j := range wide {
			wide[j], narrow[j] = float64(j)-1.5, float32(j)-1.5
		}
		assertBytes(t, fmt.Sprintf("testdata/write%d-f8.npy", i), shape, wide)
		assertBytes(t, fmt.Sprintf("testdata/write%d-f4.npy", i), shape, narrow)
	}
}

func assertBytes[T float32 | float64](t *testing.T, path string, shape []int, data []T) {
	t.Helper()
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := Write(&got, shape, data); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s: got\n%q\nwant\n%q", path, got.Bytes(), want)
	}
}

func TestRoundTripIsBitExact(t *testing.T) {
	const n = 20_001 // more than one piece
	data := make([]float64, n)
	for i := range data {
		data[i] = math.Float64frombits(uint64(i) * 0x9e3779b97f4a7c15)
	}
	path := filepath.Join(t.TempDir(), "0.jpeg.npy")
	if err := WriteFile(path, []int{3, n / 3}, data); err != nil {
		t.Fatal(err)
	}
	a, err := ReadFile(path, n)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Shape, []int{3, n / 3}) || a.DType != "float64" {
		t.Errorf("got %v of %s", a.Shape, a.DType)
	}
	for i, v := range a.Data.([]float64) {
		if math.Float64bits(v) != math.Float64bits(data[i]) {
			t.Fatalf("element %d: got %x, want %x", i, v, data[i])
		}
	}
}

func TestWriteRefusesAShapeOfAnotherSize(t *testing.T) {
	for _, shape := range [][]int{{}, {2}, {-1, -3}, {math.MaxInt, 4}} {
		if err := Write(&bytes.Buffer{}, shape, make([]float32, 3)); err == nil {
			t.Errorf("%v passes for 3 elements", shape)
		}
	}
}

// file puts a header before data, as version 1.
func file(dict, data string) string {
	return "\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(dict)))) + dict + data
}

func TestHeadersAreReadInEveryWriting(t *testing.T) {
	for dict, want := range map[string][]int{
		"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1), }   \n": {2, 1},
		`{"shape":(2,),"fortran_order":True,"descr":"u1"}`:                 {2},
		"{'descr': '|u1', 'fortran_order': False, 'shape': (1L, 2L), }":    {1, 2}, // Python 2
		"{'descr': '|u1', 'fortran_order': False, 'shape': (2 , 1 ,)}":     {2, 1},
	} {
		a, err := Read(strings.NewReader(file(dict, "ab")), 2)
		if err != nil || !slices.Equal(a.Shape, want) || string(a.Data.([]uint8)) != "ab" {
			t.Errorf("%s: got %+v, error %v", dict, a, err)
		}
	}
}

func TestBrokenFilesAreRefused(t *testing.T) {
	dict := func(descr, shape string) string {
		return fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': %s, }", descr, shape)
	}
	u1 := func(shape string) string { return file(dict("'|u1'", shape), "abcdef") }
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", "not a .npy file"},
		{"another format", "\x89PNG\r\n\x1a\n", "not a .npy file"},
		{"version", "\x93NUMPY\x04\x00\x00\x00", ".npy version 4.0 not supported: want 1.0, 2.0 or 3.0"},
		{"no length", "\x93NUMPY\x02\x00\x10\x00", ".npy file is truncated"},
		{"no header", "\x93NUMPY\x01\x00\x10\x00{", ".npy file is truncated"},
		{"huge header", "\x93NUMPY\x02\x00\xff\xff\xff\xff", ".npy header of 4294967295 bytes, want at most 10000"},
		{"no data", file(dict("'<f8'", "(100,)"), "abc"), ".npy file is truncated"},
		{"too many", u1("(101,)"), "shape [101]: want at most 100 elements"},
		{"overflow", u1("(4294967296, 4294967296)"), "want at most 100 elements"},
		{"product", u1("(50, 3)"), "want at most 100 elements"},
		{"beyond int", u1("(99999999999999999999,)"), "want a tuple"},
		{"negative", u1("(-1,)"), "want a tuple"},
		{"a number", u1("(6)"), "want a comma"},
		{"no tuple", u1("6"), "want ("},
		{"an expression", u1("(2*3,)"), "want a comma"},
		{"open tuple", u1("(2, 3"), "want"},
		{"rank", u1("(" + strings.Repeat("1,", 65) + ")"), "want a tuple of at most 64 lengths"},
		{"structured", file(dict("[('x', '<f4')]", "(1,)"), "abcd"), "structured dtypes are not supported"},
		{"object", file(dict("'|O'", "(1,)"), "\x80\x02N."), `.npy dtype "|O" not supported: want float16 to float64, int32, int64, uint8 or bool`},
		{"complex", file(dict("'<c8'", "(1,)"), "abcdefgh"), `.npy dtype "<c8" not supported`},
		{"no dtype", file(dict("''", "(1,)"), "a"), `.npy dtype "" not supported`},
		{"escape", file(dict(`'\x3cf4'`, "(1,)"), "abcd"), "want a plain string"},
		{"a call", file("{'descr': str(1), 'fortran_order': False, 'shape': (1,)}", "a"), "want '"},
		{"missing key", file("{'descr': '|u1', 'shape': (1,)}", "a"), "want descr, fortran_order and shape"},
		{"unknown key", file("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'x': 1}", "a"), `unknown key "x"`},
		{"twice", file("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", "a"), `"descr" comes twice`},
		{"truth", file("{'descr': '|u1', 'fortran_order': 0, 'shape': (1,)}", "a"), "want False"},
		{"no comma", file("{'descr': '|u1' 'fortran_order': False, 'shape': (1,)}", "a"), "want a comma or }"},
		{"text behind", file(dict("'|u1'", "(1,)")+" x", "a"), "text after }"},
		{"not a dict", file("[]", ""), "want {"},
		{"an empty text", file("", ""), "want {"},
	} {
		_, err := Read(strings.NewReader(c.file), 100)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestReadFileWantsOneArray(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	b, err := os.ReadFile("testdata/c-u1.npy")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(b, b...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path, 100); err == nil || err.Error() != "reading array "+path+": .npy file goes on after its array" {
		t.Errorf("got %v", err)
	}
	r := bytes.NewReader(append(b, b...))
	for range 2 { // a stream may hold several
		if _, err := Read(r, 100); err != nil {
			t.Error(err)
		}
	}
}

// A header may claim what it wants: memory follows the bytes that are there.
func TestClaimsCostNothing(t *testing.T) {
	claim := file("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }", "abcdefgh")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Read(strings.NewReader(claim), math.MaxInt); err == nil {
		t.Error("no error")
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated", n)
	}
}

func TestUpstreamTestVectorsAreReadable(t *testing.T) {
	path := filepath.Join(cmp.Or(os.Getenv("ACOL_SHARED"), filepath.Join("..", "..", "..", "shared")), "data/weights/test-vectors/squeezenet1_1.0.input.npy")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no shared data: %v", err)
	}
	a, err := ReadFile(path, 3*224*224)
	if err != nil || !slices.Equal(a.Shape, []int{1, 3, 224, 224}) || a.DType != "float32" {
		t.Errorf("got %v of %s, error %v", a.Shape, a.DType, err)
	}
}

func FuzzRead(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.npy")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	const most = 1000
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Read(bytes.NewReader(b), most)
		if err != nil {
			return
		}
		data := a.Float64s()
		if n, err := count(a.Shape, most); err != nil || n != len(data) || n != len(a.Float32s()) {
			t.Fatalf("%v holds %d elements, error %v", a.Shape, len(data), err)
		}
		var out bytes.Buffer
		if err := Write(&out, a.Shape, data); err != nil {
			t.Fatal(err)
		}
		back, err := Read(&out, most)
		if err != nil || !slices.Equal(back.Shape, a.Shape) {
			t.Fatalf("got %v back from %v, error %v", back.Shape, a.Shape, err)
		}
		for i, v := range back.Data.([]float64) {
			if math.Float64bits(v) != math.Float64bits(data[i]) {
				t.Fatalf("element %d: got %g, want %g", i, v, data[i])
			}
		}
	})
}

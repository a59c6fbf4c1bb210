package weights

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// assertLeavesOut wants a file whose tensors of newer types are listed by their type and shape, and
// whose other tensors are read.
func assertLeavesOut(t *testing.T, path string, unread []string, read map[string][]float32) {
	t.Helper()
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var listed []string
	for i, e := range f.Entries() {
		if e.DType.Size() > 0 {
			continue
		}
		listed = append(listed, fmt.Sprintf("%s %s %v %d", e.Name, e.DType, e.Shape, e.Parameters))
		if _, err := f.Tensor(i); err == nil || !strings.Contains(err.Error(), "not supported") {
			t.Errorf("%s: reading %s: %v", path, e.Name, err)
		}
	}
	if !slices.Equal(listed, unread) {
		t.Errorf("%s lists %q, want %q", path, listed, unread)
	}
	d, err := f.StateDict()
	if err != nil {
		t.Fatal(err)
	}
	if d.Len() != len(read) || len(d.Unread()) != len(unread) {
		t.Errorf("%s: read %q and left out %q", path, d.Names(), d.Unread())
	}
	for name, want := range read {
		x, _ := d.Get(name)
		if got, err := x.Float32s(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %s is %v, error %v, want %v", path, name, got, err, want)
		}
	}
}

func TestSafetensorsWithATensorOfANewerTypeIsListedAndReadWithoutIt(t *testing.T) {
	one := map[string][]float32{"conv1.weight": {0, 0, 0, 0}}
	const report = "reports/F18-safetensors-other-dtypes/"
	assertLeavesOut(t, shared(t, report+"f8_beside.safetensors"), []string{"q F8_E4M3 [4] 4"}, one)
	assertLeavesOut(t, shared(t, report+"u16_beside.safetensors"), []string{"q U16 [4] 4"}, one)
}

// The two files were made with PyTorch 2; see testdata/generate_newer.py.
func TestPthWithTensorsOfNewerTypesIsListedAndReadWithoutThem(t *testing.T) {
	unread := []string{"steps U16 [2] 2", "scale F8_E4M3 [2 2] 4", "seed U64 [] 1"}
	read := map[string][]float32{"conv.weight": {0, 1, 2, 3, 4, 5}, "conv.bias": {0.5, -1.5}}
	assertLeavesOut(t, filepath.Join("testdata", "newer.pth"), unread, read)
	assertLeavesOut(t, filepath.Join("testdata", "newer-legacy.pth"), unread, read)
}

func TestATypeOfHalfABytePerElementIsListed(t *testing.T) {
	const head = `{"a":{"dtype":"F4","shape":[3,2],"data_offsets":[0,3]},` +
		`"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}`
	b := append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head+"abc\x07"...)
	path := filepath.Join(t.TempDir(), "x")
	writeFile(t, path, b)
	assertLeavesOut(t, path, []string{"a F4 [3 2] 6"}, map[string][]float32{"b": {7}})
}

func TestAWantedTensorOfANewerTypeIsNamedByItsType(t *testing.T) {
	d := dictOf(t, Spec{"module.a", []int{2}})
	d.unread["module.b"] = "F8_E4M3"
	d.unread["module.extra"] = "U16"
	got, names, err := Canonical(d, nil)
	if err != nil || names.Prefix != "module." {
		t.Fatalf("prefix %q, error %v", names.Prefix, err)
	}
	_, _, err = Match([]Spec{{"a", []int{2}}, {"b", []int{3}}}, got, DropRule{})
	const want = "tensors do not fit the model\n  of another type (1): b: dtype F8_E4M3 not supported"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Lightning keeps a loss beside the network, and PyTorch's AveragedModel a counter.
func TestTensorsBesideTheNetworkAreNamedAndLeftOut(t *testing.T) {
	for _, c := range []struct {
		in      []string
		prefix  string
		foreign []string
	}{
		{[]string{"model.a", "model.b", "criterion.pos_weight"}, "model.", []string{"criterion.pos_weight"}},
		{[]string{"n_averaged", "module.a", "module.b"}, "module.", []string{"n_averaged"}},
		{[]string{"x.y", "module.net.a", "module.net.b", "module.net.c", "module.z"}, "module.net.",
			[]string{"x.y", "module.z"}},
		{[]string{"model.a", "ema.a"}, "", nil}, // which of the two is meant?
		{[]string{"a", "b"}, "", nil},
		{nil, "", nil},
	} {
		prefix, foreign := commonPrefix(c.in)
		if prefix != c.prefix || !slices.Equal(foreign, c.foreign) {
			t.Errorf("%q: got %q and %q, want %q and %q", c.in, prefix, foreign, c.prefix, c.foreign)
		}
	}
	d := dictOf(t, Spec{"model.a", nil}, Spec{"model.b", nil}, Spec{"criterion.pos_weight", nil})
	got, names, err := Canonical(d, nil)
	if err != nil || !slices.Equal(got.Names(), []string{"a", "b"}) {
		t.Errorf("got %q, error %v", got.Names(), err)
	}
	if s := names.String(); !strings.Contains(s, "without criterion.pos_weight") {
		t.Errorf("the foreign tensor is not named: %s", s)
	}
}

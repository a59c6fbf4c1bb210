package weights

import (
	"encoding/binary"
	"math"
	"testing"
)

func TestConversionsAgreeWithPyTorch(t *testing.T) {
	d, _, err := Open("testdata/mixed.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := Open("testdata/mixed.float32.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range d.Names() {
		x, _ := d.Get(name)
		y, _ := want.Get(name)
		got, err := x.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		if y.DType != F32 || len(got) != y.Len() {
			t.Fatalf("%s: got %d elements, want %d", name, len(got), y.Len())
		}
		for i, g := range got {
			w := math.Float32frombits(binary.LittleEndian.Uint32(y.Raw[4*i:]))
			if math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) {
				t.Errorf("%s[%d]: got %g, want %g", name, i, g, w)
			}
		}
	}
}

// float32(float64(2^60+2^36+1)) is one unit too low: the nearest float64 is a tie that the second
// rounding breaks downwards.
func TestInt64IsRoundedOnce(t *testing.T) {
	x, err := newTensor(I64, []int{1}, binary.LittleEndian.AppendUint64(nil, 1<<60+1<<36+1))
	if err != nil {
		t.Fatal(err)
	}
	got, err := x.Float32s()
	if err != nil || got[0] != 1<<60+1<<37 {
		t.Errorf("got %.0f, error %v, want %d", got, err, int64(1<<60+1<<37))
	}
}

func TestTensorsCopyTheirData(t *testing.T) {
	data, shape := []float32{1, 2}, []int{2}
	x, err := FromFloat32s(shape, data)
	if err != nil {
		t.Fatal(err)
	}
	data[0], shape[0] = 9, 9
	if got, err := x.Float32s(); err != nil || got[0] != 1 {
		t.Errorf("got %v, error %v", got, err)
	}
	if _, err := FromFloat32s([]int{2, 2}, data); err == nil {
		t.Error("2 numbers for a shape of (2,2) are no error")
	}
}

func TestStatsCountWhatIsNotFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		data []float32
		want Stats
	}{
		{[]float32{3, -1, nan, 4, inf, -inf, nan}, Stats{Min: -1, Max: 4, Mean: 2, Finite: 3, NaN: 2, Inf: 2}},
		{nil, Stats{}},
		{[]float32{nan}, Stats{NaN: 1}},
		{[]float32{5}, Stats{Min: 5, Max: 5, Mean: 5, Finite: 1}},
	} {
		x, err := FromFloat32s([]int{len(c.data)}, c.data)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := x.Stats(); err != nil || got != c.want {
			t.Errorf("%v: got %+v, error %v, want %+v", c.data, got, err, c.want)
		}
	}
	if _, err := (Tensor{DType: F32, Shape: []int{2}}).Stats(); err == nil {
		t.Error("a tensor without its data is no error")
	}
}

func TestMeanOfLargeNumbersDoesNotOverflow(t *testing.T) {
	raw := binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.MaxFloat64))
	raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(-math.MaxFloat64))
	s, err := Tensor{DType: F64, Shape: []int{2}, Raw: raw}.Stats()
	if err != nil || s.Mean != 0 {
		t.Errorf("mean %g, error %v, want 0", s.Mean, err)
	}
}

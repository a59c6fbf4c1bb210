package augment

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"acol/internal/data/pixels"
)

// picture names an image of testdata/generate.py.
type picture struct {
	Image string
	W, H  int
}

// golden is what testdata/generate.py writes.
type golden struct {
	Ops []struct {
		picture
		Kind          Kind
		Value         float64
		Interpolation Interpolation
		Fill          [3]uint8
		SHA           string
	}
	Magnitudes []struct {
		Bins, W, H int
		Kind       Kind
		Values     []float64
	}
	Jitter []struct {
		picture
		Order   []int
		Factors [4]float64
		SHA     string
	}
	Erasing []struct {
		Size         int
		Scale, Ratio []float64
		Draws        []float64
		W, H, Used   int
	}
	Crops []struct {
		Width, Height int
		Scale, Ratio  []float64
		Draws         []float64
		X, Y, W, H    int
		Used          int
	}
}

func load(t *testing.T) golden {
	t.Helper()
	f, err := os.Open("testdata/torchvision.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.NewDecoder(z).Decode(&g); err != nil {
		t.Fatal(err)
	}
	return g
}

// canvas draws the picture, by the formulas of testdata/generate.py.
func (p picture) canvas() *Canvas {
	m := &pixels.RGB{Pix: make([]uint8, 3*p.W*p.H), W: p.W, H: p.H}
	state := 1
	for i := range m.Pix {
		x, y, c := i/3%p.W, i/3/p.W, i%3
		switch p.Image {
		case "noise":
			state = state * 48271 % 2147483647
			m.Pix[i] = uint8(state >> 8)
		case "ramp":
			m.Pix[i] = uint8(20 + (x*3+y*2*(c+1)+11*c)%200)
		case "flat":
			m.Pix[i] = [3]uint8{77, 140, 9}[c]
		case "two":
			m.Pix[i] = [3]uint8{31, 3, 180}[c]
			if (x+y)%5 < 2 {
				m.Pix[i] = [3]uint8{200, 3, 77}[c]
			}
		}
	}
	return &Canvas{Image: m}
}

func digest(m *pixels.RGB) string {
	sum := sha256.Sum256(m.Pix)
	return hex.EncodeToString(sum[:8])
}

func TestEveryOperationEqualsTorchvisionToTheBit(t *testing.T) {
	g := load(t)
	met := map[Kind]bool{}
	for _, tc := range g.Ops {
		c := tc.canvas()
		c.Apply(Op{tc.Kind, tc.Value}, Placing{tc.Interpolation, tc.Fill})
		if got := digest(c.Image); got != tc.SHA {
			t.Errorf("%s by %v of %s %dx%d, %s: other pixels than torchvision's",
				tc.Kind, tc.Value, tc.Image, tc.W, tc.H, tc.Interpolation)
		}
		met[tc.Kind] = true
	}
	for _, s := range kinds {
		if !met[s.kind] {
			t.Errorf("no golden of %s", s.kind)
		}
	}
	if len(g.Ops) < 1500 {
		t.Errorf("%d goldens", len(g.Ops))
	}
}

// The vector code of PyTorch's linspace may round the last bit another way, as from one machine to
// the next.
func TestRandAugmentHasTorchvisionsMagnitudes(t *testing.T) {
	exact, all := 0, 0
	for _, tc := range load(t).Magnitudes {
		at := slices.IndexFunc(kinds[:], func(s strength) bool { return s.kind == tc.Kind })
		if at < 0 {
			t.Fatalf("no %s", tc.Kind)
		}
		s := kinds[at]
		for i, want := range tc.Values {
			op := s.op(i, tc.Bins, tc.W, tc.H, false)
			got := op.Value
			if s.factor {
				got--
			}
			if math.Abs(got-want) > 1.2e-7*max(math.Abs(want), 1) {
				t.Errorf("%s, %d of %d bins: %v, want %v", tc.Kind, i, tc.Bins, got, want)
			}
			all++
			if float32(got) == float32(want) {
				exact++
			}
			minus := s.op(i, tc.Bins, tc.W, tc.H, true).Value
			if s.signed && !s.factor && minus != -got {
				t.Errorf("%s: %v with the other sign, want %v", tc.Kind, minus, -got)
			}
		}
	}
	if all < 400 || exact < all*9/10 {
		t.Errorf("%d of %d magnitudes are equal to the bit", exact, all)
	}
}

func TestColorJitterEqualsTorchvisionInEveryOrder(t *testing.T) {
	for _, tc := range load(t).Jitter {
		c := tc.canvas()
		for _, k := range tc.Order {
			c.Apply(Op{[]Kind{Brightness, Contrast, Color, Hue}[k], tc.Factors[k]}, Placing{})
		}
		if got := digest(c.Image); got != tc.SHA {
			t.Errorf("%s %dx%d in the order %v: other pixels than torchvision's",
				tc.Image, tc.W, tc.H, tc.Order)
		}
	}
}

// fixed gives draws from a list, and counts them.
func fixed(draws []float64, used *int) func() float64 {
	return func() float64 {
		*used++
		return draws[*used-1]
	}
}

func TestErasingDrawsTorchvisionsRectangles(t *testing.T) {
	for i, tc := range load(t).Erasing {
		used := 0
		e := Erasing{Scale: tc.Scale, Ratio: tc.Ratio}
		w, h, ok := e.extent(tc.Size, fixed(tc.Draws, &used))
		got, want := fmt.Sprint(w, h, used), fmt.Sprint(tc.W, tc.H, tc.Used)
		if !ok {
			got = fmt.Sprint(tc.Size, tc.Size, used) // torchvision erases all by itself
		}
		if got != want {
			t.Errorf("case %d of %d pixels: width, height, draws %s, want %s",
				i, tc.Size, got, want)
		}
	}
}

func TestResizedCropDrawsTorchvisionsRectangles(t *testing.T) {
	for i, tc := range load(t).Crops {
		used := 0
		w, h, fits := cropExtent(tc.Scale, tc.Ratio, tc.Width, tc.Height, fixed(tc.Draws, &used))
		x, y := 0, 0 // where integers are drawn as 0
		if !fits {
			x, y = (tc.Width-w)/2, (tc.Height-h)/2
		}
		got, want := fmt.Sprint(x, y, w, h, used), fmt.Sprint(tc.X, tc.Y, tc.W, tc.H, tc.Used)
		if got != want {
			t.Errorf("case %d: x, y, width, height, draws %s, want %s", i, got, want)
		}
	}
}

package augment

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"acol/internal/data/seeded"
)

func TestColorJitterDrawsWhatIsOnInEveryOrder(t *testing.T) {
	c := ColorJitter{Brightness: 0.4, Contrast: 1.5, Saturation: 0.1, Hue: 0.2}
	bounds := map[Kind][2]float64{
		Brightness: {0.6, 1.4}, Contrast: {0, 2.5}, Color: {0.9, 1.1}, Hue: {-0.2, 0.2},
	}
	orders, sums := map[string]int{}, map[Kind]float64{}
	const draws = 4800
	for i := range uint64(draws) {
		var order []string
		for _, op := range c.Draw(seeded.Rand(seeded.Sample, i)) {
			b := bounds[op.Kind]
			if op.Value < b[0] || op.Value > b[1] {
				t.Fatalf("%s by %g is not in %v", op.Kind, op.Value, b)
			}
			sums[op.Kind] += (op.Value - b[0]) / (b[1] - b[0])
			order = append(order, string(op.Kind))
		}
		orders[strings.Join(order, " ")]++
	}
	if len(orders) != 24 {
		t.Errorf("%d orders, want all 24 of four", len(orders))
	}
	for order, n := range orders {
		if n < 130 || n > 270 {
			t.Errorf("%s comes %d times of %d, want about 200", order, n, draws)
		}
	}
	for kind, sum := range sums {
		if mean := sum / draws; math.Abs(mean-0.5) > 0.02 {
			t.Errorf("%s: at %.3f of its range on average, want the middle", kind, mean)
		}
	}
	ops := ColorJitter{Hue: 0.1}.Draw(seeded.Rand(seeded.Sample, 1))
	if len(ops) != 1 || ops[0].Kind != Hue {
		t.Errorf("hue alone draws %v", ops)
	}
	if (ColorJitter{}).On() || !c.On() {
		t.Error("the zero section is on, or another is off")
	}
}

func TestRandAugmentDrawsAllOperationsAndSignsAlike(t *testing.T) {
	r := DefaultRandAugment()
	r.NumOps = 3
	counts, plus := map[Kind]int{}, map[Kind]int{}
	const draws = 1400
	for i := range uint64(draws) {
		ops := r.Draw(224, 100, seeded.Rand(seeded.Sample, i))
		if len(ops) != 3 {
			t.Fatalf("%d operations, want 3", len(ops))
		}
		for _, op := range ops {
			counts[op.Kind]++
			if op.Value > 1 || op.Value > 0 && strings.HasPrefix(string(op.Kind), "Shear") {
				plus[op.Kind]++
			}
		}
	}
	for _, s := range kinds {
		n := counts[s.kind]
		if n < 220 || n > 380 {
			t.Errorf("%s comes %d times of %d, want about 300", s.kind, n, 3*draws)
		}
		if p := plus[s.kind]; s.signed && (p < n*2/5 || p > n*3/5) {
			t.Errorf("%s: %d of %d draws are positive, want half", s.kind, p, n)
		}
	}
	if r.Placing() != (Placing{Interpolation: Nearest}) {
		t.Errorf("placing %v", r.Placing())
	}
}

func TestErasingErasesOneRectangle(t *testing.T) {
	const size = 20
	one := func(e Erasing, i uint64) (hit []int, x []float32) {
		x = make([]float32, 3*size*size)
		for k := range x {
			x[k] = 9
		}
		e.Apply(x, size, seeded.Rand(seeded.Sample, i))
		for k, v := range x {
			if v != 9 {
				hit = append(hit, k)
			}
		}
		return hit, x
	}
	e := DefaultErasing()
	e.Probability, e.Value = 0.5, []float64{1, 2, 3}
	erased, area := 0, 0.0
	rows := map[int]bool{}
	for i := range uint64(1000) {
		hit, x := one(e, i)
		if len(hit) == 0 {
			continue
		}
		erased++
		area += float64(len(hit)) / float64(len(x))
		first, last := hit[0], hit[len(hit)/3-1]
		w, h := last%size-first%size+1, last/size-first/size+1
		rows[first/size] = true
		if 3*w*h != len(hit) {
			t.Fatalf("image %d: %d values from (%d,%d) to (%d,%d)", i, len(hit),
				first%size, first/size, last%size, last/size)
		}
		for _, k := range hit {
			p := k % (size * size)
			if x[k] != float32(k/size/size+1) || p%size < first%size || p%size > last%size {
				t.Fatalf("image %d: value %d is %g", i, k, x[k])
			}
		}
	}
	if erased < 440 || erased > 560 {
		t.Errorf("%d of 1000 images are erased, want half", erased)
	}
	if area /= float64(erased); area < 0.14 || area > 0.19 {
		t.Errorf("%.3f of an image are erased on average, want 0.17", area)
	}
	if !rows[0] || len(rows) < size*3/4 {
		t.Errorf("rectangles begin in %d rows", len(rows))
	}
	e.Probability, e.Value = 1, nil
	hit, x := one(e, 3)
	values := map[float32]bool{}
	for _, k := range hit {
		values[x[k]] = true
	}
	if len(hit) < 8 || len(values) != len(hit) {
		t.Errorf("%d values of noise in %d places", len(values), len(hit))
	}
	e.Scale = []float64{1, 1} // nothing smaller than the image
	e.Ratio = []float64{1, 1}
	if hit, _ := one(e, 3); hit != nil {
		t.Errorf("%d values are erased of an image that no rectangle fits", len(hit))
	}
}

func TestCropCopiesAndMirrors(t *testing.T) {
	m := picture{"ramp", 9, 7}.canvas().Image
	before := slices.Clone(m.Pix)
	c := &Canvas{}
	for _, flip := range []bool{false, true} {
		if err := c.Crop(m, 3, 2, 5, flip); err != nil {
			t.Fatal(err)
		}
		for y := range 5 {
			for x := range 5 {
				from := x
				if flip {
					from = 4 - x
				}
				got, want := c.Image.Pix[3*(5*y+x):][:3], m.Pix[3*(9*(y+2)+from+3):][:3]
				if !slices.Equal(got, want) {
					t.Fatalf("flip %v, (%d,%d): %v, want %v", flip, x, y, got, want)
				}
			}
		}
		c.Apply(Op{Brightness, 0}, Placing{})
	}
	if !slices.Equal(m.Pix, before) {
		t.Error("the image itself was changed")
	}
	if err := c.Crop(m, 5, 0, 5, false); err == nil {
		t.Error("a crop beyond the image is no error")
	}
}

// One canvas serves images of all sizes, and keeps nothing of the last.
func TestACanvasIsUsedAgain(t *testing.T) {
	used := &Canvas{}
	for _, size := range []int{9, 30, 4, 21} {
		m := picture{"noise", 31, 31}.canvas().Image
		fresh := &Canvas{}
		for _, c := range []*Canvas{used, fresh} {
			if err := c.Crop(m, 1, 0, size, false); err != nil {
				t.Fatal(err)
			}
			for _, kind := range []Kind{Rotate, Sharpness, ShearX, TranslateY} {
				c.Apply(Op{kind, 3}, Placing{Interpolation: Bilinear, Fill: [3]uint8{1, 2, 3}})
			}
		}
		if digest(used.Image) != digest(fresh.Image) || used.Image.W != size {
			t.Errorf("%d pixels: a used canvas gives another image", size)
		}
	}
}

func TestSectionsSayWhatIsWrong(t *testing.T) {
	ops := func(n, magnitude, bins int) RandAugment {
		r := DefaultRandAugment()
		r.NumOps, r.Magnitude, r.NumMagnitudeBins = n, magnitude, bins
		return r
	}
	for _, tc := range []struct {
		section interface{ Validate(func(key, msg string)) }
		want    string
	}{
		{ColorJitter{Brightness: 0.4, Contrast: 0.4, Saturation: 0.4, Hue: 0.5}, ""},
		{ColorJitter{Brightness: -0.1}, "brightness: -0.1 is not in 0 to 100"},
		{ColorJitter{Hue: 0.6}, "hue: 0.6 is not in 0 to 0.5"},
		{ColorJitter{Contrast: math.NaN()}, "contrast: NaN is not in 0 to 100"},
		{DefaultRandAugment(), ""},
		{ops(17, 0, 31), "num_ops: 17 is not in 0 to 16"},
		{ops(0, 31, 31), "magnitude: 31 is not in 0 to 30, the last of num_magnitude_bins"},
		{ops(0, 0, 1), "num_magnitude_bins: 1 is not in 2 to 1000"},
		{
			RandAugment{NumMagnitudeBins: 2, Interpolation: "cubic", Fill: []int{0, 0, 0}},
			`interpolation: "cubic" is not one of nearest, bilinear, bicubic`,
		},
		{
			RandAugment{NumMagnitudeBins: 2, Interpolation: Nearest, Fill: []int{0, 256, 0}},
			"fill: [0 256 0] is not three values (R, G, B) in 0 to 255",
		},
		{DefaultErasing(), ""},
		{Erasing{1, []float64{0, 1}, []float64{1, 1}, nil}, ""},
		{
			Erasing{1.1, []float64{0, 1}, []float64{1, 1}, nil},
			"probability: 1.1 is not a probability in 0 to 1",
		},
		{
			Erasing{0, []float64{0.5, 0.2}, []float64{1, 1}, nil},
			"scale: [0.5 0.2] is not [low, high] within 0 to 1",
		},
		{
			Erasing{0, []float64{0, 1}, []float64{1, 1}, []float64{1, 2}},
			"value: [1 2] is not [], one value or three (R, G, B), in -1000 to 1000",
		},
	} {
		var got []string
		tc.section.Validate(func(key, msg string) { got = append(got, key+": "+msg) })
		if strings.Join(got, "; ") != tc.want {
			t.Errorf("%+v: %q, want %q", tc.section, got, tc.want)
		}
	}
}

func BenchmarkOperations(b *testing.B) {
	for _, op := range []Op{
		{Brightness, 1.2}, {Contrast, 1.3}, {Color, 1.3}, {Hue, 0.1}, {Sharpness, 1.4},
		{Posterize, 5}, {Equalize, 0}, {Rotate, 9},
	} {
		for _, word := range []Interpolation{Nearest, Bilinear, Bicubic} {
			if word != Nearest && op.Kind != Rotate {
				continue
			}
			b.Run(fmt.Sprintf("%s/%s", op.Kind, word), func(b *testing.B) {
				c := picture{"noise", 224, 224}.canvas()
				for b.Loop() {
					c.Apply(op, Placing{Interpolation: word})
				}
			})
		}
	}
}

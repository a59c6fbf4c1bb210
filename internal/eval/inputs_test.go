package eval

import (
	"testing"

	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/model"
)

func flatMap(v float64) cam.Map {
	m := cam.New(4, 4)
	for i := range m.V {
		m.V[i] = v
	}
	return m
}

// Two crops of 32 pixels of an image of 48, one from the upper left and one from the lower
// right corner: where both cover a pixel it has the mean, elsewhere the one that does, and
// 0 where none does.
func TestMergedInputsAverageWhereTheyOverlap(t *testing.T) {
	const side = 48
	var m merger
	for _, c := range []struct {
		value float64
		at    int
	}{{1, 0}, {0.5, 16}} {
		g := pixels.Geometry{
			Width: 640, Height: 480, ResizedW: 48, ResizedH: 48, CropX: c.at, CropY: c.at, Size: 32,
		}
		low := flatMap(c.value)
		p := model.Prediction{
			Logits: [][]float32{{float32(c.value), 2}}, Maps: []cam.Map{low}, Fused: low,
		}
		if err := m.add(p, g, false, side); err != nil {
			t.Fatal(err)
		}
	}
	p := m.result()
	for _, c := range []struct {
		x, y int
		want float64
	}{
		{0, 0, 1}, {15, 31, 1}, {16, 16, 0.75}, {31, 31, 0.75},
		{32, 31, 0.5}, {47, 47, 0.5}, {47, 0, 0}, {0, 47, 0},
	} {
		if got := p.Fused.V[c.y*side+c.x]; got < c.want-1e-6 || got > c.want+1e-6 {
			t.Errorf("at (%d,%d): %g, want %g", c.x, c.y, got, c.want)
		}
	}
	if p.Logits[0][0] != 0.75 || p.Logits[0][1] != 2 || len(p.Maps) != 1 {
		t.Errorf("logits %v, %d maps", p.Logits, len(p.Maps))
	}
}

func TestMirroredInputsAreMirroredBack(t *testing.T) {
	low := cam.New(2, 3)
	copy(low.V, []float64{0, 0.25, 1, 0.5, 0, 0})
	g := pixels.Geometry{ResizedW: 9, ResizedH: 9, Size: 9}
	merge := func(low cam.Map, flip bool) cam.Map {
		var m merger
		if err := m.add(model.Prediction{Logits: [][]float32{{0}}, Fused: low}, g, flip, 6); err != nil {
			t.Fatal(err)
		}
		return m.result().Fused
	}
	plain, back := merge(low, false), merge(mirrored(low), true)
	for i, v := range plain.V {
		if back.V[i] != v {
			t.Fatalf("pixel %d: %g, want %g", i, back.V[i], v)
		}
	}
	if got := merge(low, true); got.V[0] == plain.V[0] {
		t.Error("a mirrored input gives the map as it is")
	}
}

func TestInputsOfAnImage(t *testing.T) {
	cfg := data.DefaultConfig()
	for _, c := range []struct {
		in    Inputs
		sizes []int
		views int
	}{
		{Inputs{TenCrop: true}, []int{224}, 10},
		{Inputs{Scales: []float64{0.5, 1, 1.3}}, []int{128, 224, 288}, 1},
		{Inputs{TenCrop: true, Scales: []float64{1, 2}}, []int{224, 448}, 10},
	} {
		groups, err := c.in.views(cfg)
		if err != nil || len(groups) != len(c.sizes) {
			t.Fatalf("%+v: %v, %v", c.in, groups, err)
		}
		for i, views := range groups {
			if len(views) != c.views || views[0].Size != c.sizes[i] {
				t.Errorf("%+v: %d views of %d", c.in, len(views), views[0].Size)
			}
		}
	}
	// torchvision's TenCrop of 256 by 224.
	groups, err := Inputs{TenCrop: true}.views(cfg)
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]int{{0, 0}, {32, 0}, {0, 32}, {32, 32}, {16, 16}}
	for i, v := range groups[0] {
		g, err := v.Geometry(cfg.Input, 500, 333)
		if err != nil || [2]int{g.CropX, g.CropY} != want[i%5] || v.Flip != (i >= 5) ||
			g.ResizedW != 256 || g.ResizedH != 256 {
			t.Errorf("view %d: %+v, flip %v (%v)", i, g, v.Flip, err)
		}
	}
	cfg.Input.TrainResize = 224
	for _, in := range []Inputs{
		{TenCrop: true}, {Scales: []float64{1, 1.01}}, {Scales: []float64{0}}, {Scales: []float64{100}},
	} {
		if _, err := in.views(cfg); err == nil {
			t.Errorf("no error for %+v", in)
		}
	}
}

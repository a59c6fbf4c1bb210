package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel"
	"acol/internal/kernel/portable"
	"acol/internal/op"
)

// dealt is a graph of vectors of two values: x, of which each device has its own, and w, which is
// the same on all.
type dealt struct {
	g     *G.ExprGraph
	x, w  *G.Node
	ofX   []float32 // that of both devices
	ofW   []float32
	plus  *G.Node // x + w
	total *G.Node // the sum of that over the devices
	twice *G.Node // 2 * total
}

func newDealt(t *testing.T) *dealt {
	t.Helper()
	d := &dealt{g: G.NewGraph(), ofX: []float32{1, 2, 10, 20}, ofW: []float32{100, 200}}
	d.x = G.NewVector(d.g, tensor.Float32, G.WithShape(2), G.WithName("x"))
	check(t, G.Let(d.x, op.NewParts([]int{2}, d.ofX)))
	d.w = G.NewVector(d.g, tensor.Float32, G.WithShape(2), G.WithName("w"),
		G.WithValue(tensor.New(tensor.WithShape(2), tensor.WithBacking(d.ofW))))
	var err error
	d.plus, err = op.Add(d.x, d.w)
	check(t, err)
	d.total, err = op.PartSum(d.plus)
	check(t, err)
	d.twice, err = op.Add(d.total, d.total)
	check(t, err)
	return d
}

// plan is of all that is computed, on two devices.
func (d *dealt) plan() engine.Plan {
	return engine.Plan{
		Graph: d.g, Outputs: G.Nodes{d.plus, d.twice, d.x}, Devices: 2, Split: G.Nodes{d.x, d.plus},
	}
}

func TestDevicesShareASplitLeafOutAndJoinWhatIsComputedOfIt(t *testing.T) {
	d := newDealt(t)
	p := d.plan()
	p.Kept = []engine.Succession{{Leaf: d.w, By: d.twice}}
	vm, err := enginetest.Devices(t, 3).Compile(p)
	check(t, err)
	for run, want := range []struct{ plus, twice []float32 }{
		{[]float32{101, 202, 110, 220}, []float32{422, 844}},
		{[]float32{423, 846, 432, 864}, []float32{1710, 3420}},
	} {
		check(t, vm.RunAll())
		if plus, twice := vm.Data(d.plus), vm.Data(d.twice); !slices.Equal(plus, want.plus) ||
			!slices.Equal(twice, want.twice) {
			t.Errorf("run %d: %v and %v, want %v and %v", run, plus, twice, want.plus, want.twice)
		}
	}
	check(t, vm.Sync())
	if !slices.Equal(d.ofW, []float32{1710, 3420}) || !slices.Equal(vm.Data(d.x), d.ofX) {
		t.Errorf("the leaf that is kept is %v, the split one %v", d.ofW, vm.Data(d.x))
	}
	all, err := op.Floats(d.plus.Value())
	if err != nil || len(all) != 4 || !d.plus.Value().Shape().Eq(tensor.Shape{2}) {
		t.Errorf("the node of the output has %v, %v", d.plus.Value(), err)
	}
}

func TestWhatDiffersBetweenDevicesIsNotTakenForOneValue(t *testing.T) {
	devices := enginetest.Devices(t, 2)
	processor := engine.New(portable.New(1))
	defer processor.Close()
	for _, c := range []struct {
		want   string
		on     *engine.Engine
		change func(d *dealt, p *engine.Plan)
	}{
		{"becomes", devices, func(d *dealt, p *engine.Plan) {
			p.Kept = []engine.Succession{{Leaf: d.w, By: d.plus}}
		}},
		{"becomes", devices, func(d *dealt, p *engine.Plan) {
			p.Kept = []engine.Succession{{Leaf: d.x, By: d.twice}}
		}},
		{"varies: true, but split: false", devices, func(d *dealt, p *engine.Plan) {
			p.Split = G.Nodes{d.x}
		}},
		{"varies: false, but split: true", devices, func(d *dealt, p *engine.Plan) {
			p.Split = append(p.Split, d.twice)
		}},
		{"planning for 3 devices: there are 2", devices, func(_ *dealt, p *engine.Plan) {
			p.Devices = 3
		}},
		{"planning for 2 devices: a processor is one", processor, func(*dealt, *engine.Plan) {}},
		{"sync_norm false", devices, func(_ *dealt, p *engine.Plan) { p.Devices = 1 }},
	} {
		d := newDealt(t)
		p := d.plan()
		c.change(d, &p)
		if _, err := c.on.Compile(p); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one that says %q", err, c.want)
		}
	}
}

// A summand of the parts' mean is another on each device.
func TestASummandOfAMeanDiffersBetweenDevices(t *testing.T) {
	g := G.NewGraph()
	mask := G.NewTensor(g, tensor.Float32, 4, G.WithShape(1, 1, 1, 3), G.WithName("mask"))
	both := []float32{0, 1, 0, kernel.GuideIgnored, 1, 0}
	check(t, G.Let(mask, op.NewParts([]int{1, 1, 1, 3}, both)))
	loss, err := op.GuideLoss(mask, mask)
	check(t, err)
	summand, err := op.PartMean(mask, loss)
	check(t, err)
	p := engine.Plan{Graph: g, Outputs: G.Nodes{summand}, Devices: 2, Split: G.Nodes{mask}}
	_, err = enginetest.Devices(t, 2).Compile(p)
	if err == nil || !strings.Contains(err.Error(), "varies: true") {
		t.Errorf("error %v", err)
	}
}

func TestASplitValueIsHandedOver(t *testing.T) {
	e := enginetest.Devices(t, 2)
	d := newDealt(t)
	maker, h, err := e.CompileHanding(engine.Plan{
		Graph: d.g, Outputs: G.Nodes{d.plus}, Devices: 2, Split: G.Nodes{d.x, d.plus},
	})
	check(t, err)
	reading := func(devices int) (*engine.VM, *G.Node, error) {
		g := G.NewGraph()
		y := G.NewVector(g, tensor.Float32, G.WithShape(2), G.WithName("y"))
		check(t, h.To(y))
		sum, err := op.Add(y, y)
		check(t, err)
		vm, err := e.Compile(engine.Plan{
			Graph: g, Outputs: G.Nodes{sum}, Devices: devices, Split: G.Nodes{sum},
		})
		return vm, sum, err
	}
	reader, sum, err := reading(2)
	check(t, err)
	check(t, maker.RunAll())
	check(t, reader.RunAll())
	if got := reader.Data(sum); !slices.Equal(got, []float32{202, 404, 220, 440}) {
		t.Errorf("twice what was handed over is %v", got)
	}
	if got, err := h.Values(); err != nil || !slices.Equal(got, []float32{101, 202, 110, 220}) {
		t.Errorf("what was handed over is %v, %v", got, err)
	}
	check(t, h.Set([]float32{1, 2, 3}))
	check(t, reader.RunAll())
	if got := reader.Data(sum); !slices.Equal(got, []float32{2, 4, 6, 0}) {
		t.Errorf("twice what was set is %v", got)
	}
	if got := fmt.Sprint(h.Shape()); got != "[2]" && got != "(2)" {
		t.Errorf("a device has the shape %s", got)
	}
	if e.Devices() != 2 {
		t.Errorf("%d devices, want 2", e.Devices())
	}
}

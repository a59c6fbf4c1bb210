package model_test

import (
	"math"
	"os"
	"slices"
	"testing"

	"acol/internal/bench"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device/devicetest"
	"acol/internal/model"
	"acol/internal/train"
)

// halfModel is a small network with two branches, its initial weights, and a batch for it.
func halfModel(t *testing.T) (m *model.Model, x []float32, labels []int) {
	t.Helper()
	c := model.DefaultConfig()
	c.Backbone.Arch, c.Backbone.Depth = "squeezenet", "1.1"
	c.Branches.Kinds, c.Branches.Deltas = "pp", []float64{0.6}
	m, err := model.New(c, 10)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	x, labels = bench.Images(halfBatch, halfSize, 10)
	return m, x, labels
}

// needDevices skips what takes XLA long.
func needDevices(t *testing.T) {
	t.Helper()
	if os.Getenv("ACOL_DEVICE") == "" {
		t.Skip("make device-test trains in bf16 (ACOL_DEVICE=families or all)")
	}
}

const (
	halfBatch = 4
	halfSize  = 64
)

// newStep compiles a training step on an engine of its own, and runs it once.
func newStep(
	t *testing.T, m *model.Model, x []float32, labels []int, o backend.Options,
) (*model.TrainStep, *train.SGD) {
	t.Helper()
	e := enginetest.Open(t, o)
	s, err := m.NewTrainStep(e, halfBatch, halfSize, halfSize)
	if err != nil {
		t.Fatal(err)
	}
	copy(s.X, x)
	if err := s.SetTargets(model.Labelled(labels...)); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	return s, train.NewSGD(train.Optimization{
		LayerDecay: 1, LRBackbone: 0.002, LRHeads: 0.002, BiasFactor: 1,
	}, e, s.Trained)
}

// gradientsApart is the norm of the difference of two steps' gradients relative to the first's.
func gradientsApart(a, b *model.TrainStep) float64 {
	var d, all float64
	for i := range a.Trained {
		for j, v := range a.Grad(i) {
			off := float64(v - b.Grad(i)[j])
			d, all = d+off*off, all+float64(v)*float64(v)
		}
	}
	return math.Sqrt(d / all)
}

// Rounding to bfloat16 moves gradients by several hundredths, and by tenths behind batch norms over
// few images. It does so on a device as in the native kernels, since both round in the same places:
// the two are much nearer to each other than to float32.
func TestDevicesRoundToBF16AsTheNativeKernelsDo(t *testing.T) {
	needDevices(t)
	plugin := devicetest.Plugin(t)
	m, x, labels := halfModel(t)
	exact, _ := newStep(t, m, x, labels, backend.Options{Kernels: "portable", Threads: 1})
	half, _ := newStep(t, m, x, labels,
		backend.Options{Device: plugin, Threads: 1, Precision: backend.BF16})
	off := gradientsApart(exact, half)
	if off < 1e-3 || off > 0.1 {
		t.Errorf("gradients in bf16 are %.4f of their norm off those in fp32", off)
	}
	native, _ := newStep(t, m, x, labels, backend.Options{Threads: 1, Precision: backend.BF16})
	if near := gradientsApart(native, half); near > off/4 {
		t.Errorf("gradients are %.4f of their norm off the native kernels', and %.4f off fp32",
			near, off)
	}
}

// TestDevicesLearnInBF16AsInFP32 trains on one batch until it is known.
func TestDevicesLearnInBF16AsInFP32(t *testing.T) {
	needDevices(t)
	const steps, tail = 100, 10
	var losses [2][]float64
	for i, p := range []backend.Precision{backend.FP32, backend.BF16} {
		m, x, labels := halfModel(t)
		s, sgd := newStep(t, m, x, labels,
			backend.Options{Device: devicetest.Plugin(t), Threads: 1, Precision: p})
		for range steps {
			losses[i] = append(losses[i], float64(s.Loss()))
			if err := sgd.Step(s.Grad, 1, 1); err != nil {
				t.Fatal(err)
			}
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%s: losses %.3f, then %.3f, at last %.3f", p, losses[i][0], losses[i][steps/2],
			losses[i][steps-1])
	}
	first, last := losses[0][0], [2]float64{}
	for i, l := range losses {
		last[i] = slices.Max(l[steps-tail:])
	}
	if d := math.Abs(losses[1][0] - first); d > 0.01*first {
		t.Errorf("the first loss is %.4f in bf16 and %.4f in fp32", losses[1][0], first)
	}
	if last[0] > first/2 || math.Abs(last[1]-last[0]) > 0.1*first {
		t.Errorf("losses of %.3f fall to %.3f in fp32 and to %.3f in bf16", first, last[0], last[1])
	}
}

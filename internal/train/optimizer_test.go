package train_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel/backend"
	"acol/internal/model"
	"acol/internal/train"
)

// goldens are those of testdata/generate.py.
type goldens struct {
	Parameters []struct {
		Name, Kind string
		Stage      int
		Shape      []int
	}
	Start  []float32
	Scales []float64
	Grads  [][]float32
	Cases  []struct {
		Name        train.Rule
		Momentum    float64
		Nesterov    bool
		Betas       []float64
		Eps         float64
		WeightDecay float64 `json:"weight_decay"`
		LRBackbone  float64 `json:"lr_backbone"`
		LRHeads     float64 `json:"lr_heads"`
		LayerDecay  float64 `json:"layer_decay"`
		BiasFactor  float64 `json:"bias_factor"`
		BiasDecay   bool    `json:"bias_decay"`
		Clip        float64
		EMA         *train.EMA
		After       [][]float64
	}
}

// params are the parameters of the goldens before the first step.
func (g goldens) params() []*model.Param {
	kinds := map[string]model.Kind{
		"weight": model.Weight, "bias": model.Bias, "scale": model.Scale, "shift": model.Shift,
	}
	var params []*model.Param
	at := 0
	for _, p := range g.Parameters {
		n := 1
		for _, d := range p.Shape {
			n *= d
		}
		q := &model.Param{
			Name: p.Name, Shape: p.Shape, Kind: kinds[p.Kind], Stage: p.Stage,
			Data: slices.Clone(g.Start[at : at+n]),
		}
		if p.Stage == 0 {
			q.Group = model.HeadGroup
		}
		params, at = append(params, q), at+n
	}
	return params
}

// parts cuts a list of values as the parameters are.
func parts(values []float32, params []*model.Param) [][]float32 {
	var cut [][]float32
	for _, p := range params {
		cut, values = append(cut, values[:len(p.Data)]), values[len(p.Data):]
	}
	return cut
}

// bothKernels opens an engine on each set of kernels that runs here.
func bothKernels(t *testing.T, f func(t *testing.T, e *engine.Engine)) {
	for _, name := range []string{"portable", "native"} {
		t.Run(name, func(t *testing.T) {
			f(t, enginetest.Open(t, backend.Options{Kernels: name, Threads: 2}))
		})
	}
}

func TestTwentyStepsEqualPyTorchAndTimm(t *testing.T) {
	raw, err := os.ReadFile("testdata/optimizers.json")
	if err != nil {
		t.Fatal(err)
	}
	var g goldens
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	bothKernels(t, func(t *testing.T, e *engine.Engine) {
		for i, c := range g.Cases {
			t.Run(fmt.Sprint(i, " ", c.Name), func(t *testing.T) {
				params := g.params()
				opt := train.NewOptimizer(train.Optimization{
					Name: c.Name, Momentum: c.Momentum, Nesterov: c.Nesterov, Betas: c.Betas,
					Eps: c.Eps, WeightDecay: c.WeightDecay, LRBackbone: c.LRBackbone,
					LRHeads: c.LRHeads, LayerDecay: c.LayerDecay, BiasFactor: c.BiasFactor,
					BiasDecay: c.BiasDecay,
				}, e, params)
				var ema train.EMA
				if c.EMA != nil {
					ema = *c.EMA
				}
				update, averages := train.AverageOf(ema, e, params)
				for step, want := range c.After {
					grads := parts(g.Grads[step], params)
					grad := func(i int) []float32 { return grads[i] }
					if err := opt.Step(grad, g.Scales[step], c.Clip); err != nil {
						t.Fatal(err)
					}
					if err := update(step + 1); err != nil {
						t.Fatal(err)
					}
					got := slices.Concat(averages...)
					if c.EMA == nil {
						got = nil
						for _, p := range params {
							got = append(got, p.Data...)
						}
					}
					for j, w := range want {
						if math.Abs(float64(got[j])-w) > 2e-6 {
							t.Fatalf("value %d after step %d is %.9g, want %.9g",
								j, step+1, got[j], w)
						}
					}
				}
			})
		}
	})
}

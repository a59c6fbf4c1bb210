package train_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device/devicetest"
	"acol/internal/model"
	"acol/internal/train"
)

// updates are trainings that an update can be different in.
var updates = map[string]func(*train.Config){
	"descent":  func(c *train.Config) { c.Optimizer.Momentum = 0 },
	"momentum": func(*train.Config) {},
	"nesterov, schedule": func(c *train.Config) {
		c.Optimizer.Nesterov, c.Schedule.Name = true, train.Cosine
	},
	"clipped":              func(c *train.Config) { c.ClipNorm = 0.5 },
	"accumulated, clipped": func(c *train.Config) { c.Accumulate, c.ClipNorm = 3, 0.5 },
	"averaged":             func(c *train.Config) { c.EMA = train.EMA{Decay: 0.9, Warmup: true} },
	"by depth, biases otherwise": func(c *train.Config) {
		c.Optimizer.LayerDecay, c.Optimizer.BiasFactor, c.Optimizer.BiasDecay = 0.7, 2, false
	},
	"adamw": func(c *train.Config) { adamW(c) },
	"adamw with everything": func(c *train.Config) {
		adamW(c)
		c.Accumulate, c.ClipNorm, c.EMA.Decay, c.Optimizer.LayerDecay = 2, 0.5, 0.8, 0.8
		c.Schedule = train.Schedule{Name: train.Poly, Power: 0.9, WarmupEpochs: 1}
	},
}

func adamW(c *train.Config) {
	c.Optimizer.Name, c.Optimizer.WeightDecay = train.UseAdamW, 0.05
	c.Optimizer.LRBackbone, c.Optimizer.LRHeads, c.Optimizer.Eps = 1e-5, 2e-5, 1e-4
}

const (
	stepImages, stepSize, stepClasses = 4, 32, 3
	steps, stepsPerEpoch              = 20, 5
	ulp                               = 1.2e-7
)

// steppedModel is a network that has norms and frozen stages. It is cut before its maps are small,
// on which batch norm is nervous, and erases nothing, which a rounding can decide. A rounding may
// decide where a ReLU bends, too; the images are such that it does not.
func steppedModel(t *testing.T) *model.Model {
	t.Helper()
	c := model.DefaultConfig()
	c.Backbone.Arch, c.Backbone.Depth, c.Backbone.Width = "resnet", "18", 0.0625
	c.Backbone.Stages, c.Backbone.FreezeStages = 3, 1
	c.Branches.Kinds, c.Branches.Deltas = "p", nil
	m, err := model.New(c, stepClasses)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(3)
	return m
}

// trained does twenty steps and gives the model, its average, and the loss of each batch.
func trained(t *testing.T, m *model.Model, s *train.Stepper, c train.Config) (losses []float64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 9))
	for step := range steps {
		scale := c.Schedule.Scale(step, stepsPerEpoch, steps/stepsPerEpoch)
		for i := range c.Accumulate {
			for j := range s.X {
				s.X[j] = float32(rng.NormFloat64())
			}
			labels := make([]int, stepImages)
			for j := range labels {
				labels[j] = rng.IntN(stepClasses)
			}
			turn := train.Turn{
				First: i == 0, Last: i == c.Accumulate-1, Step: step + 1, Scale: scale,
			}
			for _, err := range []error{
				s.SetTargets(model.Labelled(labels...)), s.Begin(turn), s.End(), s.Gather(turn), s.Move(turn),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			losses = append(losses, float64(s.Loss()))
		}
	}
	if err := s.Settle(); err != nil {
		t.Fatal(err)
	}
	return losses
}

// checkUpdates compares trainings whose update is compiled with those of the host, on engines that
// round differently by tolerance.
func checkUpdates(t *testing.T, host, other *engine.Engine, tolerance float64, only ...string) {
	for name, set := range updates {
		if len(only) > 0 && !slices.Contains(only, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			c := train.DefaultConfig()
			c.BatchSize, c.Optimizer.LRBackbone, c.Optimizer.LRHeads = stepImages, 1e-4, 2e-4
			c.Ranks.SyncNorm = true // of several devices
			set(&c)
			in := model.Input{Batch: stepImages, Height: stepSize, Width: stepSize}
			start, m, n := steppedModel(t), steppedModel(t), steppedModel(t)
			want, err := train.NewStepper(c, host, m, in, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := train.NewCompiledStepper(c, other, n, in)
			if err != nil {
				t.Fatal(err)
			}
			wantLosses, losses := trained(t, m, want, c), trained(t, n, got, c)
			for i, l := range losses {
				if math.Abs(l-wantLosses[i]) > tolerance*wantLosses[i] {
					t.Fatalf("losses %v, want %v", losses, wantLosses)
				}
			}
			for i, p := range n.Params() {
				from := start.Params()[i].Data
				checkMoved(t, p.Name, from, p.Data, m.Params()[i].Data, tolerance)
			}
			gotKept, wantKept := train.Kept(got), train.Kept(want)
			for name, values := range wantKept {
				if of, ok := strings.CutPrefix(name, "average of "); ok {
					checkMoved(t, name, valuesOf(start, of), gotKept[name], values, tolerance)
					continue
				}
				checkClose(t, name, gotKept[name], values, tolerance, 0)
			}
			if len(gotKept) != len(wantKept) || gotKept["steps"][0] != wantKept["steps"][0] {
				t.Errorf("%d tensors after %v steps are kept, want %d after %v", len(gotKept),
					gotKept["steps"], len(wantKept), wantKept["steps"])
			}
		})
	}
}

func valuesOf(m *model.Model, name string) []float32 {
	for _, p := range m.Params() {
		if p.Name == name {
			return p.Data
		}
	}
	return nil
}

// checkMoved compares how far values have moved.
func checkMoved(t *testing.T, name string, from, got, want []float32, tolerance float64) {
	t.Helper()
	rounding := 0.0
	for i, v := range from {
		got[i] -= v
		want[i] -= v
		rounding = max(rounding, steps/4*ulp*math.Abs(float64(v)))
	}
	checkClose(t, name, got, want, tolerance, rounding)
}

// checkClose compares tensors relative to the largest value, and to what rounding alone can do.
func checkClose(t *testing.T, name string, got, want []float32, tolerance, rounding float64) {
	t.Helper()
	top, off := 1e-6, 0.0
	for i, w := range want {
		top, off = max(top, math.Abs(float64(w))), max(off, math.Abs(float64(got[i]-w)))
	}
	if !(off <= tolerance*top+rounding) {
		t.Errorf("%s is up to %.2g off, the largest value is %g", name, off, top)
	}
}

func TestACompiledUpdateIsTheHosts(t *testing.T) {
	e := enginetest.Open(t, enginetest.Portable)
	checkUpdates(t, e, e, 2e-4)
}

func TestSeveralDevicesMoveParametersAsOne(t *testing.T) {
	host := enginetest.Open(t, enginetest.Portable)
	for n, only := range map[int][]string{2: nil, 4: {"clipped", "adamw with everything"}} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			checkUpdates(t, host, enginetest.Devices(t, n), 1e-3, only...)
		})
	}
}

func TestDevicesMoveParametersAsTheHost(t *testing.T) {
	plugin, host := devicetest.Plugin(t), enginetest.Open(t, enginetest.OneThread)
	check := func(numbers string, only ...string) {
		t.Run(numbers, func(t *testing.T) {
			o := backend.Options{Device: plugin + numbers, Threads: 1}
			checkUpdates(t, host, enginetest.Open(t, o), 1e-3, only...)
		})
	}
	if os.Getenv("ACOL_DEVICE") == "" { // XLA compiles each for seconds
		check(":0,1", "adamw with everything")
		return
	}
	check(":0")
	check(":0,1", "clipped", "adamw with everything")
	check(":0,1,2,3", "accumulated, clipped", "averaged")
}

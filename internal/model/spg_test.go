package model_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"acol/internal/engine/enginetest"
	"acol/internal/model"
)

// withSPG is a model of kinds p with SPG on a small network of a family.
func withSPG(t *testing.T, arch model.Arch, change func(*model.Config)) *model.Model {
	t.Helper()
	cfg := model.DefaultConfig()
	cfg.Backbone.Arch = arch
	cfg.Backbone.Depth, _ = model.UsualDepth(arch)
	if arch != "squeezenet" {
		cfg.Backbone.Width = 0.0625
	}
	cfg.Branches.Kinds, cfg.Branches.Deltas, cfg.SPG.Use, cfg.SPG.Width = "p", nil, true, 8
	if change != nil {
		change(&cfg)
	}
	m, err := model.New(cfg, 3)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	return m
}

func TestSPGTrainsEveryFamilyThatHasPlacesForIt(t *testing.T) {
	e := enginetest.Open(t, enginetest.Portable)
	// By family, the parameters inside which B1, B2 and C see their channels, and attention dropout
	// layers beside.
	for arch, want := range map[model.Arch]string{
		"vgg": "[32 32 32] 3", "resnet": "[64 64 128] 3", "resnext": "[64 64 128] 3",
		"wide_resnet": "[64 64 128] 3", "inception": "[18 48 128] 3", "googlenet": "[30 33 64] 3",
		"mobilenet": "[8 8 1280] 3", "squeezenet": "[256 384 512] 3",
	} {
		t.Run(string(arch), func(t *testing.T) {
			m := withSPG(t, arch, func(c *model.Config) { c.Backbone.AttentionDropout.Use = true })
			s, err := m.NewTrainStep(e, 2, 96, 96)
			if err != nil {
				t.Fatal(err)
			}
			derive("input1", []int{2, 3, 96, 96}, s.X)
			if err := s.SetTargets(model.Labelled(2, 0)); err != nil {
				t.Fatal(err)
			}
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
			sum := 0.0
			for i, name := range m.Config().LossNames() {
				l := float64(s.BranchLoss(i))
				if sum += l; !(l > 0) || math.IsInf(l, 0) {
					t.Errorf("loss %s is %g", name, l)
				}
			}
			if got := float64(s.Loss()); math.Abs(got-sum) > 1e-5*sum {
				t.Errorf("the loss is %g, the sum of all is %g", got, sum)
			}
			var sees []int
			for i, p := range s.Trained {
				if !strings.HasPrefix(p.Name, "spg.") {
					continue
				}
				if !slices.ContainsFunc(s.Grad(i), func(v float32) bool { return v != 0 }) {
					t.Errorf("%s has no gradient", p.Name)
				}
				if strings.HasSuffix(p.Name, "conv.weight") && p.Name != "spg.shared.conv.weight" {
					sees = append(sees, p.Shape[1])
				}
			}
			if got := fmt.Sprint(sees, s.Drops()); got != want {
				t.Errorf("channels and dropout layers %s, want %s", got, want)
			}
		})
	}
}

func TestSPGChangesNoMapOfAModel(t *testing.T) {
	e := enginetest.Open(t, enginetest.Portable)
	var maps [][]float64
	for _, use := range []bool{true, false} {
		m := withSPG(t, "resnet", func(c *model.Config) { c.SPG.Use = use })
		p, err := m.NewPredictor(e, 1, 64, 64)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, 3*64*64)
		derive("input1", []int{1, 3, 64, 64}, x)
		if err := p.Images(x, 1); err != nil {
			t.Fatal(err)
		}
		preds, err := p.Localize([]int{1})
		if err != nil {
			t.Fatal(err)
		}
		maps = append(maps, preds[0].Fused.V)
	}
	if !slices.Equal(maps[0], maps[1]) {
		t.Errorf("maps %v with SPG, %v without", maps[0], maps[1])
	}
}

func TestTheBranchesOfSPGMayBeNewOrLeftOut(t *testing.T) {
	plain := withSPG(t, "resnet", func(c *model.Config) { c.SPG.Use = false })
	sd, err := plain.State()
	if err != nil {
		t.Fatal(err)
	}
	guided := withSPG(t, "resnet", nil)
	report, err := guided.LoadStart(sd, true)
	if err != nil || len(report.Missing) != 12 || report.Missing[0] != "spg.b1.conv.weight" {
		t.Errorf("a model without SPG as a start of one with it: %+v, error %v", report, err)
	}
	if sd, err = guided.State(); err != nil {
		t.Fatal(err)
	}
	report, err = plain.LoadStart(sd, true)
	if err != nil || len(report.Dropped) != 12 || len(report.Missing) != 0 {
		t.Errorf("a model with SPG as a start of one without it: %+v, error %v", report, err)
	}
	if err := plain.LoadAll(sd); err == nil {
		t.Error("a checkpoint with SPG fits a model without it")
	}
}

func TestLossesAreNamedByTheirBranch(t *testing.T) {
	cfg := model.DefaultConfig()
	cfg.Branches.Kinds, cfg.SPG.Use = "p", true
	var titles []string
	for i := range cfg.LossNames() {
		titles = append(titles, model.LossTitle(i, "p"))
	}
	got := fmt.Sprint(cfg.LossNames(), titles)
	if want := "[p B2 B1 C] [branch 1 (p) SPG's B2 SPG's B1 SPG's C]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

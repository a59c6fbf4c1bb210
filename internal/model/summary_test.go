package model_test

import (
	"slices"
	"strings"
	"testing"

	"acol/internal/model"
)

func trace(t *testing.T, size int, set func(*model.Config)) (*model.Model, *model.Trace) {
	t.Helper()
	cfg := model.DefaultConfig()
	cfg.Branches.Kinds, cfg.Branches.Deltas = "p", nil
	set(&cfg)
	m, err := model.New(cfg, 10)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := m.Trace(size, size)
	if err != nil {
		t.Fatal(err)
	}
	return m, tr
}

// FLOPs are those of the convolutions by torch.utils.flop_counter, parameters those of
// torchvision's networks without their classifiers, but that ConvNeXt's has the layer scales as
// convolutions too, two a value; receptive fields those of the gradient of one position in PyTorch,
// all weights positive.
func TestSummaryAgreesWithPyTorch(t *testing.T) {
	for _, c := range []struct {
		arch                     model.Arch
		depth                    string
		flop, params             int64
		field, stride, mapSide   int
		firstShape               []int
		operation, lastOperation string
	}{
		{"resnet", "18", 3627122688, 11689512 - 513000, 435, 32, 7, []int{64, 112, 112}, "conv 7x7/2", "class map"},
		{"resnet", "50", 0, 25557032 - 2049000, 427, 32, 7, []int{64, 112, 112}, "conv 7x7/2", "class map"},
		{"squeezenet", "1.1", 525247872, 722496, 207, 16, 13, []int{64, 111, 111}, "conv 3x3/2", "class map"},
		{"convnext", "tiny", 8909526528 + 4290048, 27818592, 1688, 32, 7, []int{96, 56, 56}, "conv 4x4/4", "class map"},
	} {
		_, tr := trace(t, 224, func(cfg *model.Config) { cfg.Backbone.Arch, cfg.Backbone.Depth = c.arch, c.depth })
		layers := tr.Layers()
		var flop, params int64
		for _, l := range layers[:tr.BackboneLayers()] {
			if strings.HasPrefix(l.Operation, "conv ") {
				flop += l.FLOP
			}
			params += l.Parameters
		}
		if params != c.params || c.flop != 0 && flop != c.flop {
			t.Errorf("%s %s: %d parameters and %d FLOP, want %d and %d", c.arch, c.depth, params, flop, c.params, c.flop)
		}
		if field, stride := tr.Field(); field != c.field || stride != c.stride {
			t.Errorf("%s %s: field %d, stride %d, want %d and %d", c.arch, c.depth, field, stride, c.field, c.stride)
		}
		first, last := layers[0], layers[len(layers)-1]
		if first.Operation != c.operation || !slices.Equal(first.Shape, c.firstShape) || last.Operation != c.lastOperation || last.Shape[1] != c.mapSide {
			t.Errorf("%s %s: first %+v, last %+v", c.arch, c.depth, first, last)
		}
	}
}

func TestTraceListsBranchesAndWhatIsFused(t *testing.T) {
	_, tr := trace(t, 64, func(c *model.Config) {
		c.Backbone.Width = 0.0625
		c.Branches.Kinds, c.Branches.Deltas = "pnp", []float64{0.5, 0.5}
	})
	if len(tr.Logits) != 3 || len(tr.Maps) != 3 || !slices.Equal(tr.Fused, []int{0, 2}) {
		t.Errorf("logits %v, maps %v, fused %v", tr.Logits, tr.Maps, tr.Fused)
	}
	for i, n := range tr.Nodes {
		for _, p := range n.In {
			if p >= i {
				t.Errorf("node %d reads node %d, which comes after it", i, p)
			}
		}
	}
	if s := tr.Nodes[tr.Maps[2]].Shape; !slices.Equal(s, []int{1, 1, 2, 2}) {
		t.Errorf("map of shape %v", s)
	}
}

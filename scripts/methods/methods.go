package main

import "strings"

// method is a way to train a network, or to make maps of a network that is trained as plain CAM.
type method struct {
	name string
	// grid holds candidates for the method's own keys. The one that is best on val with seed 1 is
	// measured on test.
	grid []candidate
	// ofCAM says that nothing is trained, since the maps are those of the runs of plain.
	ofCAM bool
}

// candidate is a list of key=value of a recipe.
type candidate []string

// String is the candidate as a column of the table has it.
func (c candidate) String() string { return strings.Join(c, " ") }

// plain is the name of the method that all others are compared with.
const plain = "CAM"

// base is what all trainings have in common but for the keys of a candidate, and network what it
// is called.
const (
	base    = "configs/cub16-squeezenet-p.yaml"
	network = "squeezenet 1.1"
	weights = "squeezenet1_1.safetensors"
	epochs  = "24" // as in base
)

// methods are those of the page, in its order. The candidates of HaS, CutMix and attention dropout
// are around the values of their papers; those of SPG are wsolevaluation's and its authors'. The
// delta of ACoL is the best of 0.5 to 0.8 on val in docs/results/cub16.md, and the learning rates
// are of that page.
var methods = []method{
	{name: plain, grid: []candidate{{}}},
	{name: "ACoL", grid: []candidate{{"model.branches.kinds=pp", "model.branches.deltas=0.6"}}},
	{name: "Hide-and-Seek", grid: []candidate{
		{"train.hide_and_seek.grids=[0,16,32,44,56]", "train.hide_and_seek.rate=0.5"},
		{"train.hide_and_seek.grids=[0,16,32,44,56]", "train.hide_and_seek.rate=0.3"},
	}},
	{name: "CutMix", grid: []candidate{
		{"train.cutmix.probability=0.5"}, {"train.cutmix.probability=1"},
	}},
	{name: "attention dropout", grid: []candidate{
		{"model.backbone.attention_dropout.use=true", "model.backbone.attention_dropout.threshold=0.8"},
		{"model.backbone.attention_dropout.use=true", "model.backbone.attention_dropout.threshold=0.9"},
	}},
	{name: "SPG", grid: []candidate{
		{"model.spg.use=true"}, {"model.spg.use=true", "model.spg.low=[0.05,0.05,0.1]"},
	}},
	ofLayers("Grad-CAM", "gradcam", layers...),
	ofLayers("Grad-CAM++", "gradcam++", layers...),
	ofLayers("LayerCAM", "layercam", layers...),
	ofLayers("XGrad-CAM", "xgradcam", layers...),
	ofLayers("ScoreCAM", "scorecam", "features.12"), // which takes a pass for each channel
}

// layers are the usual candidates for the layer of a map.
var layers = []string{"features.7", "features.10", "features.12"}

// ofLayers is a method of maps, which eval.method names. The layers are candidates.
func ofLayers(name, word string, layers ...string) method {
	m := method{name: name, ofCAM: true}
	for _, layer := range layers {
		m.grid = append(m.grid, candidate{"eval.method=" + word, "eval.layer=" + layer})
	}
	return m
}

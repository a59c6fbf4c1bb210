package main

import (
	"fmt"
	"strings"
)

// network is a backbone and the recipe whose learning rates suit it. The keys of the recipe that
// choose the method are overridden.
type network struct {
	name, config, weights string
	epochs                int // as in the recipe
}

var (
	squeezeNet = network{
		"squeezenet 1.1", "configs/cub16-squeezenet-pp.yaml", "squeezenet1_1.safetensors", 24,
	}
	googLeNet = network{
		"googlenet bvlc", "configs/cub16-googlenet-pp.yaml", "googlenet_bvlc.safetensors", 12,
	}
	mobileNetV2 = network{
		"mobilenet v2", "configs/cub16-mobilenetv2-pp.yaml", "mobilenet_v2_features.safetensors", 12,
	}
)

// experiment is a network trained with one method: one row of the table.
type experiment struct {
	network            network
	kinds, delta, head string // values of keys below model.branches
}

// String is the experiment's name, which -only matches.

func (e experiment) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.network.name, e.kinds, e.head, e.delta))
}

// slug is the name as the folder of a run.
func (e experiment) slug() string {
	return strings.NewReplacer(" ", "-", ".", "").Replace(e.String())
}

// experiments are, for each network: plain CAM, ACoL at several deltas, ACoL with an adversarial
// second branch, and CAM and ACoL with the head of ACoL's authors.
var experiments = list()

// list makes experiments.
func list() []experiment {
	var all []experiment
	for _, n := range []network{squeezeNet, googLeNet, mobileNetV2} {
		all = append(all, experiment{n, "p", "", "linear"})
		for _, delta := range []string{"0.5", "0.6", "0.7", "0.8"} {
			all = append(all, experiment{n, "pp", delta, "linear"})
		}
		all = append(all, experiment{n, "pn", "0.7", "linear"},
			experiment{n, "p", "", "conv"}, experiment{n, "pp", "0.6", "conv"})
	}
	return all
}

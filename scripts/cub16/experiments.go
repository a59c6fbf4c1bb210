package main

import (
	"fmt"
	"strings"
)

// network is a backbone with the recipe whose rates suit it. The method's keys of the recipe are overridden.
type network struct {
	name, config, weights string
	epochs                int // of the recipe
}

var (
	squeezeNet  = network{"squeezenet 1.1", "configs/cub16-squeezenet-pp.yaml", "squeezenet1_1.safetensors", 24}
	googLeNet   = network{"googlenet bvlc", "configs/cub16-googlenet-pp.yaml", "googlenet_bvlc.safetensors", 12}
	mobileNetV2 = network{"mobilenet v2", "configs/cub16-mobilenetv2-pp.yaml", "mobilenet_v2_features.safetensors", 12}
)

// experiment is a row of the table: a network with a method.
type experiment struct {
	network            network
	kinds, delta, head string
}

func (e experiment) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.network.name, e.kinds, e.head, e.delta))
}

func (e experiment) slug() string {
	return strings.NewReplacer(" ", "-", ".", "").Replace(e.String())
}

// experiments are plain CAM, ACoL at several deltas, the adversarial branch, and ACoL with its authors' head.
var experiments = list()

func list() []experiment {
	var all []experiment
	for _, n := range []network{squeezeNet, googLeNet, mobileNetV2} {
		all = append(all, experiment{n, "p", "", "linear"})
		for _, delta := range []string{"0.5", "0.6", "0.7", "0.8"} {
			all = append(all, experiment{n, "pp", delta, "linear"})
		}
		all = append(all, experiment{n, "pn", "0.7", "linear"}, experiment{n, "p", "", "conv"}, experiment{n, "pp", "0.6", "conv"})
	}
	return all
}

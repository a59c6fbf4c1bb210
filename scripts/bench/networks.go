package main

import (
	"fmt"
	"strings"
)

// network is a model that both programs have.
type network struct {
	name string
	// acol and torch are its flags there.
	acol, torch []string
	// most is the largest batch that is worth the time and the memory.
	most int
}

var networks = []network{
	{"resnet50", flags("--arch resnet --depth 50 --kinds pp --head linear"), flags("--arch resnet --depth 50 --kinds pp --head linear"), 32},
	{
		"vgg16",
		flags("--arch vgg --depth 16 --kinds pp --head conv --set model.backbone.variant=acol --set model.branches.avg_pool=true"),
		flags("--arch vgg --depth 16 --kinds pp --head conv --avg-pool"), 8,
	},
	{
		"googlenet",
		flags("--arch googlenet --depth v1 --kinds pp --head linear --set model.backbone.variant=bvlc --set model.backbone.stages=4"),
		flags("--arch googlenet --depth v1 --kinds pp --head linear"), 32,
	},
	{"mobilenet", flags("--arch mobilenet --depth v2 --kinds pp --head linear"), flags("--arch mobilenet --depth v2 --kinds pp --head linear"), 32},
	{"squeezenet", flags("--arch squeezenet --depth 1.1 --kinds pp --head conv"), flags("--arch squeezenet --depth 1.1 --kinds pp --head conv"), 32},
}

func flags(s string) []string { return strings.Fields(s) }

func choose(names []string) ([]network, error) {
	var out []network
	for _, name := range names {
		found := false
		for _, n := range networks {
			if n.name == name {
				out, found = append(out, n), true
			}
		}
		if !found {
			return nil, fmt.Errorf("-models: no network %q", name)
		}
	}
	return out, nil
}

// contender is a program in one of its ways to run.
type contender struct {
	name string
	// torch is of PyTorch, eager without compiling and bf16.
	torch, eager bool
	precision    string
	flags        []string
}

// The contenders that reports speak of.
const (
	acolFP32 = "acol fp32"
	acolBF16 = "acol bf16"
)

// contenders lists who takes turns. key is acol's for the precision, empty where it has none.
func (o *options) contenders(key string) []contender {
	list := []contender{{name: acolFP32, precision: "fp32"}}
	if key != "" {
		list = append(list, contender{name: acolBF16, precision: "bf16", flags: []string{"--set", key + "=bf16"}})
	}
	if o.python == "" {
		return list
	}
	torch := func(name, precision string, eager bool, line string) {
		list = append(list, contender{name: "torch " + name, torch: true, eager: eager, precision: precision, flags: flags(line)})
	}
	torch("eager nchw", "fp32", true, "--layout nchw")
	torch("eager channels_last", "fp32", true, "--layout channels_last")
	torch("autocast bf16", "bf16", false, "--layout channels_last --bf16")
	if o.compile {
		torch("compile", "fp32", false, "--layout channels_last --compile")
		torch("compile bf16", "bf16", false, "--layout channels_last --compile --bf16")
	}
	return list
}

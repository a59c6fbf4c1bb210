package main

import (
	"fmt"
	"strings"
)

// network is a model that both programs have.
type network struct {
	name string
	// acol and torch are the flags by which acol bench and torch_acol.py name the network.
	acol, torch []string
	// most is the largest batch that is measured. A larger one takes too much time or memory.
	most int
}

// networks are all that can be measured.
var networks = []network{
	{
		"resnet50",
		flags("--arch resnet --depth 50 --kinds pp --head linear"),
		flags("--arch resnet --depth 50 --kinds pp --head linear"), 32,
	},
	{
		"vgg16",
		flags("--arch vgg --depth 16 --kinds pp --head conv" +
			" --set model.backbone.variant=acol --set model.branches.avg_pool=true"),
		flags("--arch vgg --depth 16 --kinds pp --head conv --avg-pool"), 8,
	},
	{
		"googlenet",
		flags("--arch googlenet --depth v1 --kinds pp --head linear" +
			" --set model.backbone.variant=bvlc --set model.backbone.stages=4"),
		flags("--arch googlenet --depth v1 --kinds pp --head linear"), 32,
	},
	{
		"mobilenet",
		flags("--arch mobilenet --depth v2 --kinds pp --head linear"),
		flags("--arch mobilenet --depth v2 --kinds pp --head linear"), 32,
	},
	{
		"squeezenet",
		flags("--arch squeezenet --depth 1.1 --kinds pp --head conv"),
		flags("--arch squeezenet --depth 1.1 --kinds pp --head conv"), 32,
	},
}

func flags(s string) []string { return strings.Fields(s) }

// choose finds networks by their names.
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

// contender is a program together with the way in which it runs, such as PyTorch compiled in bf16.
type contender struct {
	name      string
	torch     bool // PyTorch, not acol
	eager     bool // PyTorch in fp32 without torch.compile
	precision string
	flags     []string
}

// The names of acol's contenders.
const (
	acolFP32 = "acol fp32"
	acolBF16 = "acol bf16"
)

// contenders lists who takes turns. key is the recipe's key by which acol is told the precision;
// it is empty where acol has none, which then runs in fp32 alone.
func (o *options) contenders(key string) []contender {
	list := []contender{{name: acolFP32, precision: "fp32"}}
	if key != "" {
		bf16 := []string{"--set", key + "=bf16"}
		list = append(list, contender{name: acolBF16, precision: "bf16", flags: bf16})
	}
	if o.python == "" {
		return list
	}
	torch := func(name, precision string, eager bool, line string) {
		list = append(list, contender{
			name: "torch " + name, torch: true, eager: eager, precision: precision, flags: flags(line),
		})
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

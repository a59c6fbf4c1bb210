// Package train fits a model: the training loop, PyTorch's SGD, schedules,
// checkpoints and their resumption to the bit.
package train

import (
	"fmt"
	"slices"
	"strings"

	"acol/internal/kernel/backend"
	"acol/internal/kernel/kernels"
)

// Config is the `train:` section of a recipe.
type Config struct {
	// Epochs is how often the training split is seen.
	Epochs int `mapstructure:"epochs"`
	// BatchSize is in images; the last, smaller batch of an epoch is dropped.
	BatchSize int       `mapstructure:"batch_size"`
	Optimizer Optimizer `mapstructure:"optimizer"`
	Schedule  Schedule  `mapstructure:"schedule"`
	// HideAndSeek and CutMix change what the network sees in training.
	HideAndSeek HideAndSeek `mapstructure:"hide_and_seek"`
	CutMix      CutMix      `mapstructure:"cutmix"`
	// ClipNorm limits the L2 norm of the gradient over all parameters; 0 does not.
	ClipNorm float64 `mapstructure:"clip_norm"`
	// Seed fixes initialisation, order and augmentation.
	Seed uint64 `mapstructure:"seed"`
	// Workers decode and augment images; 0 is one a processor.
	Workers int `mapstructure:"workers"`
	// Threads compute; 0 is one a processor.
	Threads int `mapstructure:"threads"`
	// Kernels names the backend: native, portable, or auto for native where the program has it.
	Kernels string `mapstructure:"kernels"`
	// Precision of activations and their products: fp32 or bf16. Parameters stay float32.
	Precision string `mapstructure:"precision"`
	// Out is the run's folder: recipe, log, checkpoints.
	Out string `mapstructure:"out"`
}

// Backend says which kernels compute.
func (c Config) Backend() backend.Options {
	return backend.Options{Kernels: c.Kernels, Threads: c.Threads, Precision: backend.Precision(c.Precision)}
}

// Optimizer is SGD as torch.optim.SGD defines it.
type Optimizer struct {
	Momentum    float64 `mapstructure:"momentum"`
	Nesterov    bool    `mapstructure:"nesterov"`
	WeightDecay float64 `mapstructure:"weight_decay"`
	// LR of the parameter groups. BiasFactor multiplies a group's rate for its biases.
	LRBackbone float64 `mapstructure:"lr_backbone"`
	LRHeads    float64 `mapstructure:"lr_heads"`
	BiasFactor float64 `mapstructure:"bias_factor"`
	// BiasDecay false leaves biases and batch norm parameters out of weight decay.
	BiasDecay bool `mapstructure:"bias_decay"`
}

// Schedule scales the learning rates.
type Schedule struct {
	// Name is constant, step, cosine or poly.
	Name string `mapstructure:"name"`
	// Steps are the epochs at which `step` multiplies the rate by Gamma.
	Steps []int   `mapstructure:"steps"`
	Gamma float64 `mapstructure:"gamma"`
	// Power is the exponent of poly: (1 - progress)^Power.
	Power float64 `mapstructure:"power"`
	// WarmupEpochs raise the rate linearly from nearly 0, step by step.
	WarmupEpochs float64 `mapstructure:"warmup_epochs"`
}

// DefaultConfig is the ACoL authors' optimiser on a short schedule.
func DefaultConfig() Config {
	return Config{
		Epochs: 30, BatchSize: 32, Seed: 1, Out: "runs/acol", Kernels: "auto", Precision: "fp32",
		Optimizer: Optimizer{
			Momentum: 0.9, Nesterov: true, WeightDecay: 5e-4, LRBackbone: 1e-3, LRHeads: 1e-2,
			BiasFactor: 1, BiasDecay: true,
		},
		Schedule:    Schedule{Name: "constant", Gamma: 0.1, Power: 0.9},
		HideAndSeek: HideAndSeek{Rate: 0.5}, CutMix: CutMix{Beta: 1},
	}
}

// Validate reports everything that is wrong, each under its key relative to the section.
func (c Config) Validate(bad func(key, msg string)) {
	positive := func(key string, v, most int) {
		if v < 1 || v > most {
			bad(key, fmt.Sprintf("%d is not in 1 to %d", v, most))
		}
	}
	inRange := func(key string, v, least, most float64) {
		if !(v >= least && v <= most) {
			bad(key, fmt.Sprintf("%g is not in %g to %g", v, least, most))
		}
	}
	positive("epochs", c.Epochs, 1_000_000)
	positive("batch_size", c.BatchSize, 65_536)
	inRange("clip_norm", c.ClipNorm, 0, 1e9)
	c.validateMethods(bad)
	if c.Workers < 0 || c.Workers > 1024 {
		bad("workers", fmt.Sprintf("%d is not in 0 to 1024", c.Workers))
	}
	if c.Threads < 0 || c.Threads > 1024 {
		bad("threads", fmt.Sprintf("%d is not in 0 to 1024", c.Threads))
	}
	oneOf := func(key, got string, want ...string) {
		if !slices.Contains(want, got) {
			bad(key, fmt.Sprintf("%q is not one of %s", got, strings.Join(want, ", ")))
		}
	}
	oneOf("kernels", c.Kernels, kernels.Names()...)
	oneOf("precision", c.Precision, kernels.Precisions()...)
	if slices.Contains(kernels.Names(), c.Kernels) && slices.Contains(kernels.Precisions(), c.Precision) {
		if err := kernels.Check(c.Backend()); err != nil {
			bad("precision", err.Error())
		}
	}
	if c.Out == "" {
		bad("out", "is empty: name the folder of the run, such as runs/cub16-pp")
	}
	o := c.Optimizer
	inRange("optimizer.momentum", o.Momentum, 0, 1)
	inRange("optimizer.weight_decay", o.WeightDecay, 0, 1)
	inRange("optimizer.lr_backbone", o.LRBackbone, 0, 1000)
	inRange("optimizer.lr_heads", o.LRHeads, 0, 1000)
	inRange("optimizer.bias_factor", o.BiasFactor, 0, 1000)
	if o.Nesterov && o.Momentum == 0 {
		bad("optimizer.nesterov", "needs a momentum above 0")
	}
	s := c.Schedule
	switch s.Name {
	case "constant", "step", "cosine", "poly":
	default:
		bad("schedule.name", fmt.Sprintf("%q is not one of constant, step, cosine, poly", s.Name))
	}
	if s.Name == "step" && len(s.Steps) == 0 {
		bad("schedule.steps", "is empty: name the epochs at which the rate drops")
	}
	for i, e := range s.Steps {
		if e < 1 || i > 0 && e <= s.Steps[i-1] {
			bad(fmt.Sprintf("schedule.steps[%d]", i), fmt.Sprintf("%d: epochs must be positive and rising", e))
		}
	}
	inRange("schedule.gamma", s.Gamma, 0, 1)
	inRange("schedule.power", s.Power, 0, 100)
	inRange("schedule.warmup_epochs", s.WarmupEpochs, 0, float64(c.Epochs))
}

// Package train fits a model: the training loop, PyTorch's SGD and AdamW, schedules, checkpoints
// and their resumption to the bit, by one process or by many.
package train

import (
	"fmt"

	"acol/internal/choice"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device"
	"acol/internal/kernel/kernels"
	"acol/internal/section"
)

// Config is the train section of a recipe: how long and by which rules the network is trained, and
// what computes it.
type Config struct {
	// Epochs is how often every image of the training split is seen.
	Epochs int `mapstructure:"epochs"`
	// BatchSize is the number of images in a batch, from 1 to 65536. Memory grows with it. The
	// last, smaller batch of an epoch is dropped.
	BatchSize int `mapstructure:"batch_size"`
	// Accumulate is the number of batches whose gradients are averaged for a step, from 1 to 65536.
	// A step then learns from BatchSize times Accumulate images in the memory of BatchSize. 4
	// batches of 8 are like a batch of 32, except that batch norm sees 8 images at a time and that
	// class weights are averaged within each batch. The schedule and save.steps count steps, not
	// batches, and an epoch drops the images that do not fill a step.
	Accumulate int          `mapstructure:"accumulate"`
	Optimizer  Optimization `mapstructure:"optimizer"`
	Schedule   Schedule     `mapstructure:"schedule"`
	EMA        EMA          `mapstructure:"ema"`
	// Best is the figure by which epochs are compared. The checkpoint best is that of the epoch
	// where it is highest, the loss lowest, and of equally good epochs the first.
	//   - auto: max_box_acc; top1 where val has no boxes; the loss of training without a val split
	//   - max_box_acc: MaxBoxAcc on val, of the fused map of the true class
	//   - max_box_acc_v2: MaxBoxAccV2 on val
	//   - top1_loc: top-1 localization on val, at the fraction of the maximum that is best for it
	//   - top1: top-1 accuracy on val
	//   - loss: the loss on val, without label smoothing and class weights; that of training
	//     without a val split
	Best BestBy `mapstructure:"best"`
	// Patience is how many epochs in a row without a better figure end a training; 0 is never. The
	// figure is that of Best. The learning rates follow the schedule of all Epochs.
	Patience int `mapstructure:"patience"`

	HideAndSeek HideAndSeek `mapstructure:"hide_and_seek"`
	CutMix      CutMix      `mapstructure:"cutmix"`
	MixUp       MixUp       `mapstructure:"mixup"`
	// ClipNorm is the largest L2 norm of the gradient over all parameters; 0 does not clip.
	ClipNorm float64 `mapstructure:"clip_norm"`
	// Seed is the start of all that is random: initial weights, the order of images, augmentation.
	// The same seed gives the same run.
	Seed uint64 `mapstructure:"seed"`
	// Workers is the number of images that are decoded and augmented at once; 0 is one for each
	// processor. The result does not depend on it.
	Workers int `mapstructure:"workers"`
	// Threads is the number of threads that compute; 0 is one for each processor. There are never
	// more than this process may use processors, since such threads only wait for each other. The
	// last digits of the figures may depend on the number.
	Threads int `mapstructure:"threads"`
	// Kernels is the code that computes.
	//   - auto: native where the program has it and the processor can run it, else portable
	//   - native: oneDNN and vector code in C++, for AVX-512 and AVX2
	//   - portable: Go and assembly, on every processor
	Kernels Kernels `mapstructure:"kernels"`
	// Device is what the network is computed on. It is a word, or the path of a PJRT plugin, such
	// as those that NVIDIA, AMD, Intel and Google publish for their devices. A number behind a
	// colon is another device than the first: cuda:1. Several devices, cuda:0,1, share out each
	// batch, whose size they must divide in training. On the devices of a plugin, kernels and
	// threads compute only the update of parameters that several processes train; XLA on a
	// processor takes all processors that it may use. See docs/devices.md.
	//   - cpu: this machine's processor
	//   - auto: a GPU or other device whose plugin is installed and finds one, else the processor
	//   - cuda: the first GPU of NVIDIA, where a plugin for it is installed
	//   - rocm: the first GPU of AMD
	//   - tpu: the first TPU of Google
	//   - xla-cpu: the processor by XLA, which is slow and for tests
	Device Device `mapstructure:"device"`
	// Precision is the number format of activations and of their products. Parameters, gradients
	// and losses are float32 in each.
	//   - fp32: float32
	//   - bf16: bfloat16, faster on processors with matrix units and on GPUs; on processors it
	//     needs native kernels
	//   - tf32: float32 of whose 24 significant bits GPUs multiply 11; processors compute in fp32
	Precision Precision `mapstructure:"precision"`
	Save      Saving    `mapstructure:"save"`
	Ranks     Ranks     `mapstructure:"ranks"`
	// Pictures says whether a training draws pictures of itself into the run's folder. They are
	// curves of its figures, the first batch as the network sees it, a few images of val with their
	// maps and boxes, and what val's classes are taken for. Drawing takes about a hundredth of the
	// time: where an epoch is short, not each of them is drawn.
	Pictures bool `mapstructure:"pictures"`
	// TensorBoard says whether a training writes event files for the program of that name. They
	// have curves, some pictures and the recipe, and lie in the run's folder.
	TensorBoard bool `mapstructure:"tensorboard"`
	// Out is the folder of the run, for its recipe, its log and its checkpoints. The default is the
	// recipe's name below runs/.
	Out string `mapstructure:"out"`
}

// Kernels is the name of a set of kernels.
type Kernels string

// Choices are the kernels of every backend, and auto.
func (Kernels) Choices() []string { return kernels.Names() }

// Precision is the number format of activations.
type Precision string

// Choices are the formats that some backend computes in.
func (Precision) Choices() []string { return kernels.Precisions() }

// Device is the name of what a network is computed on.
type Device string

// Suggestions are the names that are no path of a plugin.
func (Device) Suggestions() []string { return device.Words() }

// Backend says which kernels compute.
func (c Config) Backend() backend.Options {
	return backend.Options{
		Kernels: string(c.Kernels), Threads: c.Threads, Precision: backend.Precision(c.Precision),
		Device: string(c.Device),
	}
}

// Schedule is the train.schedule section of a recipe: how the learning rates change over time.
type Schedule struct {
	// Name is the course that the learning rates take.
	//   - constant: they stay
	//   - step: they are multiplied by Gamma after each epoch of Steps
	//   - cosine: they fall to 0 along half a cosine
	//   - poly: they are multiplied by (1 - progress)^Power, progress going from 0 to 1
	Name Course `mapstructure:"name"`
	// Steps are the epochs after which step multiplies the rates by Gamma, in rising order.
	Steps []int `mapstructure:"steps"`
	// Gamma is the factor that step applies at each of Steps, from 0 to 1.
	Gamma float64 `mapstructure:"gamma"`
	// Power is the exponent of poly, from 0 to 100; 1 is a straight line.
	Power float64 `mapstructure:"power"`
	// WarmupEpochs is how many epochs the rates take to rise linearly from nearly 0. Fractions of
	// an epoch are possible.
	WarmupEpochs float64 `mapstructure:"warmup_epochs"`
}

// DefaultConfig is the ACoL authors' optimiser on a short schedule.
func DefaultConfig() Config {
	return Config{
		Epochs: 30, BatchSize: 32, Accumulate: 1, Seed: 1, Out: "runs/acol",
		Kernels: "auto", Precision: "fp32", Device: device.CPU,
		Save: Saving{Minutes: 10}, Ranks: Ranks{TimeoutMinutes: 30}, Pictures: true, Best: ByAuto,
		Optimizer: Optimization{
			Name: UseSGD, Momentum: 0.9, Nesterov: true, Betas: []float64{0.9, 0.999}, Eps: 1e-8,
			WeightDecay: 5e-4, LRBackbone: 1e-3, LRHeads: 1e-2, LayerDecay: 1, BiasFactor: 1,
			BiasDecay: true,
		},
		Schedule:    Schedule{Name: Constant, Gamma: 0.1, Power: 0.9},
		HideAndSeek: HideAndSeek{Rate: 0.5}, CutMix: CutMix{Beta: 1}, MixUp: MixUp{Alpha: 1},
	}
}

// MaxWorkers is the largest number of workers, and of threads, that a recipe may name.
const MaxWorkers = 1024

// maxEpochs is the largest number of epochs that a recipe may name.
const maxEpochs = 1_000_000

// Validate reports everything that is wrong, each under its key relative to the section.
func (c Config) Validate(bad func(key, msg string)) {
	choice.Report(bad, "kernels", c.Kernels)
	if _, err := device.Parse(string(c.Device)); err != nil {
		bad("device", err.Error())
	}
	choice.Report(bad, "precision", c.Precision)
	choice.Report(bad, "schedule.name", c.Schedule.Name)
	choice.Report(bad, "best", c.Best)
	positive := func(key string, v, most int) {
		if v < 1 || v > most {
			bad(key, fmt.Sprintf("%d is not in 1 to %d", v, most))
		}
	}
	positive("epochs", c.Epochs, maxEpochs)
	section.CheckBatchSize(bad, "batch_size", c.BatchSize)
	section.CheckCount(bad, "accumulate", c.Accumulate, "batches")
	if c.Patience < 0 || c.Patience > maxEpochs {
		bad("patience", fmt.Sprintf("%d is not in 0 to %d", c.Patience, maxEpochs))
	}
	section.CheckRange(bad, "clip_norm", c.ClipNorm, 0, 1e9)
	c.validateMethods(bad)
	c.Ranks.validate(bad)
	if c.Workers < 0 || c.Workers > MaxWorkers {
		bad("workers", fmt.Sprintf("%d is not in 0 to %d", c.Workers, MaxWorkers))
	}
	if c.Threads < 0 || c.Threads > MaxWorkers {
		bad("threads", fmt.Sprintf("%d is not in 0 to %d", c.Threads, MaxWorkers))
	}
	section.CheckRange(bad, "save.minutes", c.Save.Minutes, 0, maxSaveMinutes)
	if c.Save.Steps < 0 {
		bad("save.steps", fmt.Sprintf("%d is negative; 0 is never", c.Save.Steps))
	}
	if choice.Check(c.Kernels) == nil && choice.Check(c.Precision) == nil {
		if err := kernels.Check(c.Backend()); err != nil {
			bad("precision", err.Error())
		}
	}
	if c.Out == "" {
		bad("out", "is empty: name the folder of the run, such as runs/cub16-pp")
	}
	c.Optimizer.validate(bad)
	c.EMA.validate(bad)
	s := c.Schedule
	if s.Name == Step && len(s.Steps) == 0 {
		bad("schedule.steps", "is empty: name the epochs at which the rate drops")
	}
	for i, e := range s.Steps {
		if e < 1 || i > 0 && e <= s.Steps[i-1] {
			msg := fmt.Sprintf("%d: epochs must be positive and rising", e)
			bad(fmt.Sprintf("schedule.steps[%d]", i), msg)
		}
	}
	section.CheckRange(bad, "schedule.gamma", s.Gamma, 0, 1)
	section.CheckRange(bad, "schedule.power", s.Power, 0, 100)
	section.CheckRange(bad, "schedule.warmup_epochs", s.WarmupEpochs, 0, float64(c.Epochs))
}

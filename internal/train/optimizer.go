package train

import (
	"fmt"
	"math"

	"acol/internal/choice"
	"acol/internal/engine"
	"acol/internal/model"
	"acol/internal/section"
)

// Optimization is the train.optimizer section of a recipe: the rule by which a step moves the
// parameters, and how far.
type Optimization struct {
	// Name is the rule that makes a step of a gradient.
	//   - sgd: stochastic gradient descent with momentum, as torch.optim.SGD defines it
	//   - adamw: Adam with decoupled weight decay, as torch.optim.AdamW defines it (Loshchilov and
	//     Hutter 2017, arXiv 1711.05101); its rates are smaller, such as 1e-4, and its decay
	//     larger, such as 0.05
	Name Rule `mapstructure:"name"`
	// Momentum is the share of the last step that sgd keeps, from 0 to 1; 0 is plain descent.
	Momentum float64 `mapstructure:"momentum"`
	// Nesterov says whether the momentum of sgd is Nesterov's, which looks one step ahead.
	Nesterov bool `mapstructure:"nesterov"`
	// Betas are the shares that the two running averages of adamw keep in a step. They are of the
	// gradient and of its square, each from 0 to below 1.
	Betas []float64 `mapstructure:"betas"`
	// Eps is what adamw adds to the root of the averaged square before it divides by it.
	Eps float64 `mapstructure:"eps"`
	// WeightDecay is how strongly the parameters are drawn to 0, from 0 to 1. With sgd it is the
	// factor of the L2 penalty and acts through the gradient, as in PyTorch. With adamw each step
	// takes this share, times the learning rate, off the parameters.
	WeightDecay float64 `mapstructure:"weight_decay"`
	// LRBackbone is the learning rate of the backbone. With pretrained weights it is usually a
	// tenth of LRHeads.
	LRBackbone float64 `mapstructure:"lr_backbone"`
	// LRHeads is the learning rate of the heads, which start from random weights.
	LRHeads float64 `mapstructure:"lr_heads"`
	// LayerDecay is the factor on the learning rate from each stage to the one before it; 1 is off.
	// As in timm and BEiT, the heads count as one stage more: with 0.7 the last stage of the
	// backbone learns at 0.7 times LRBackbone, and the one before it at 0.49 times.
	LayerDecay float64 `mapstructure:"layer_decay"`
	// BiasFactor is the factor on the learning rates of biases. The ACoL authors have 2.
	BiasFactor float64 `mapstructure:"bias_factor"`
	// BiasDecay says whether biases and the parameters of norms decay too, as they do in PyTorch.
	BiasDecay bool `mapstructure:"bias_decay"`
}

// Rule is the name of an optimiser.
type Rule string

// The optimisers.
const (
	// UseSGD is SGD.
	UseSGD Rule = "sgd"
	// UseAdamW is AdamW.
	UseAdamW Rule = "adamw"
)

// Choices lists the optimisers.
func (Rule) Choices() []string { return []string{string(UseSGD), string(UseAdamW)} }

func (o Optimization) validate(bad func(key, msg string)) {
	choice.Report(bad, "optimizer.name", o.Name)
	inRange := func(key string, v, least, most float64) {
		section.CheckRange(bad, "optimizer."+key, v, least, most)
	}
	inRange("momentum", o.Momentum, 0, 1)
	inRange("weight_decay", o.WeightDecay, 0, 1)
	inRange("lr_backbone", o.LRBackbone, 0, 1000)
	inRange("lr_heads", o.LRHeads, 0, 1000)
	inRange("bias_factor", o.BiasFactor, 0, 1000)
	inRange("layer_decay", o.LayerDecay, 1e-3, 1)
	if o.Name == UseSGD && o.Nesterov && o.Momentum == 0 {
		bad("optimizer.nesterov", "needs a momentum above 0")
	}
	if len(o.Betas) != 2 {
		msg := fmt.Sprintf("%d values, want 2, such as [0.9, 0.999]", len(o.Betas))
		bad("optimizer.betas", msg)
	}
	for i, b := range o.Betas {
		if !(b >= 0 && b < 1) {
			bad(fmt.Sprintf("optimizer.betas[%d]", i), fmt.Sprintf("%g is not in 0 to below 1", b))
		}
	}
	inRange("eps", o.Eps, 1e-30, 1)
}

// Optimizer moves parameters by their gradients, and keeps what it needs to know of earlier steps.
type Optimizer interface {
	// Step moves every parameter. The gradient of parameter i is grad(i) times factor, and has the
	// parameter's shape; all learning rates are multiplied by scale. The caller then has to tell
	// the model that its parameters have changed (model.Model.Changed).
	Step(grad func(i int) []float32, scale, factor float64) error
	// compile makes the rule a part of a compiled step, and gives what sets its numbers before each
	// batch. It moves the parameters with the last batch of a step alone.
	compile(u *model.Update, g compiled) func(Turn)
	// kept is what the optimiser knows of earlier steps.
	kept() *kept
}

// NewOptimizer returns the optimiser that a recipe names, for params, which computes on the
// engine's kernels.
func NewOptimizer(cfg Optimization, e *engine.Engine, params []*model.Param) Optimizer {
	if cfg.Name == UseAdamW {
		return NewAdamW(cfg, e, params)
	}
	return NewSGD(cfg, e, params)
}

// tensors names what the optimiser keeps beside each parameter, as PyTorch does.
func (o Optimization) tensors() []string {
	switch {
	case o.Name == UseAdamW:
		return []string{"exp_avg", "exp_avg_sq"}
	case o.Momentum != 0:
		return []string{"momentum"}
	}
	return nil
}

// kept is what an optimiser knows of earlier steps.
type kept struct {
	params []*model.Param
	names  []string // of the tensors beside each parameter
	// tensors are those of each name, in the order of the parameters and of their sizes. They are
	// nil before the first step.
	tensors [][][]float32
	steps   int // that were done
}

func newKept(cfg Optimization, params []*model.Param) kept {
	return kept{params: params, names: cfg.tensors()}
}

// begin counts a step, and makes the tensors for the first one.
func (k *kept) begin() {
	k.steps++
	k.make()
}

// make makes the tensors unless there are some.
func (k *kept) make() {
	if k.tensors != nil {
		return
	}
	k.tensors = make([][][]float32, len(k.names))
	for i := range k.tensors {
		k.tensors[i] = likeParams(k.params)
	}
}

// likeParams makes zeros for each value of the parameters.
func likeParams(params []*model.Param) [][]float32 {
	zeros := make([][]float32, len(params))
	for i, p := range params {
		zeros[i] = make([]float32, len(p.Data))
	}
	return zeros
}

// rate is how far a parameter moves: its learning rate before the schedule, and its weight decay.
type rate struct{ lr, decay float64 }

// rates returns those of parameters, which are all that are trained.
func (o Optimization) rates(params []*model.Param) []rate {
	heads := 1 // the stage that the heads count as
	for _, p := range params {
		heads = max(heads, p.Stage+1)
	}
	rates := make([]rate, len(params))
	for i, p := range params {
		r := rate{o.LRBackbone * math.Pow(o.LayerDecay, float64(heads-p.Stage)), o.WeightDecay}
		if p.Group == model.HeadGroup {
			r.lr = o.LRHeads
		}
		if p.Kind == model.Bias || p.Kind == model.Shift {
			r.lr *= o.BiasFactor
		}
		if p.Kind != model.Weight && !o.BiasDecay {
			r.decay = 0
		}
		rates[i] = r
	}
	return rates
}

package model

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"acol/internal/choice"
	"acol/internal/op"
)

// Loss is the model.loss section of a recipe: what the p branches learn by.
type Loss struct {
	// Name is the loss of a p branch.
	//   - softmax: cross-entropy, for images of one label
	//   - sigmoid: the binary cross-entropy of each class, for images of any number of labels
	Name LossName `mapstructure:"name"`
	// Smoothing is the share of a label that is spread over all classes, from 0 to below 1. It
	// makes p branches less certain. With sigmoid, half of it moves each target to undecided.
	Smoothing float64 `mapstructure:"smoothing"`
	// ClassWeights are the weights of the classes in the loss of p branches; [] weighs all alike.
	// There is one for each class, in the order of the labels. Rarer classes get larger ones.
	ClassWeights []float64 `mapstructure:"class_weights"`
}

// LossName is the loss by which p branches learn.
type LossName string

// The losses.
const (
	// SoftmaxLoss is cross-entropy: an image has one label.
	SoftmaxLoss LossName = "softmax"
	// SigmoidLoss is binary cross-entropy of each class: an image has any number of labels.
	SigmoidLoss LossName = "sigmoid"
)

// Choices lists the losses.
func (LossName) Choices() []string { return []string{string(SoftmaxLoss), string(SigmoidLoss)} }

func (l Loss) validate(branches Branches, bad func(key, msg string)) {
	choice.Report(bad, "loss.name", l.Name)
	for _, kind := range branches.Kinds {
		if kind == 'n' && l.Name == SigmoidLoss {
			bad("loss.name", fmt.Sprintf("sigmoid knows no adversarial branch, and kinds %q has one: its loss is of a single label", branches.Kinds))
			break
		}
	}
	if !(l.Smoothing >= 0 && l.Smoothing < 1) {
		bad("loss.smoothing", fmt.Sprintf("%g is not in 0 to below 1", l.Smoothing))
	}
	for i, w := range l.ClassWeights {
		if !(w >= 0) || math.IsInf(w, 0) {
			bad(fmt.Sprintf("loss.class_weights[%d]", i), fmt.Sprintf("%g is not a number from 0 on", w))
		}
	}
}

// fits says whether there is a weight for each class.
func (l Loss) fits(classes int) error {
	if n := len(l.ClassWeights); n > 0 && n != classes {
		return fmt.Errorf("loss.class_weights: %d weights for %d classes", n, classes)
	}
	return nil
}

// soft tells that a softmax loss needs a target for each class.
func (l Loss) soft() bool { return l.Smoothing > 0 || len(l.ClassWeights) > 0 }

// weight is that of class k.
func (l Loss) weight(k int) float64 {
	if len(l.ClassWeights) == 0 {
		return 1
	}
	return l.ClassWeights[k]
}

// Target is what an image shows: the classes Labels, all of them (sigmoid), or each with a
// share, which sum to one (softmax). Shares of nil are 1.
type Target struct {
	Labels []int
	Shares []float64
}

func (t Target) share(i int) float64 {
	if t.Shares == nil {
		return 1
	}
	return t.Shares[i]
}

// targets are the nodes of what images show, and the memory behind them. Which there are
// depends on the loss.
type targets struct {
	loss   Loss
	labels *G.Node // (N), each image's first label
	of     []float32

	soft   *G.Node // (N,K), for op.TargetLoss
	softOf []float32

	present, pos, neg       *G.Node // (N,K), for op.LabelMaps and op.SigmoidLoss
	presentOf, posOf, negOf []float32
}

// labels puts one label for each of n images into the graph.
func (b *builder) labels(n int) *targets {
	t := &targets{loss: b.cfg.Loss, of: make([]float32, n)}
	t.labels = leafNode(b.g, "labels", []int{n}, t.of)
	return t
}

// targets puts what n images show into the graph; mixed tells that softmax labels have shares.
func (b *builder) targets(n, classes int, mixed bool) *targets {
	t := b.labels(n)
	matrix := func(name string, data *[]float32) *G.Node {
		*data = make([]float32, n*classes)
		return leafNode(b.g, name, []int{n, classes}, *data)
	}
	switch {
	case t.loss.Name == SigmoidLoss:
		t.present = matrix("labels present", &t.presentOf)
		t.pos, t.neg = matrix("weights of the present", &t.posOf), matrix("weights of the absent", &t.negOf)
	case mixed || t.loss.soft():
		t.soft = matrix("targets", &t.softOf)
	}
	return t
}

// classMap is the map by which a branch erases: that of the label, or of all labels.
func (t *targets) classMap(maps *G.Node) (*G.Node, error) {
	if t.present != nil {
		return op.LabelMaps(maps, t.present)
	}
	return op.ClassMap(maps, t.labels)
}

// branchLoss is the loss of branch i: cross-entropy for p, adversarial for n.
func (t *targets) branchLoss(b *builder, i int, logits *G.Node) *G.Node {
	return b.layer(branchName(i)+" loss", func() (*G.Node, error) {
		switch {
		case b.cfg.Branches.Kinds[i] == 'n':
			return op.Adversarial(logits, t.labels)
		case t.pos != nil:
			return op.SigmoidLoss(logits, t.pos, t.neg)
		case t.soft != nil:
			return op.TargetLoss(logits, t.soft)
		}
		return op.CrossEntropy(logits, t.labels)
	})
}

// set fills the memory for a batch.
func (t *targets) set(batch []Target) {
	for i, x := range batch {
		t.of[i] = 0
		if len(x.Labels) > 0 {
			t.of[i] = float32(x.Labels[0])
		}
	}
	if t.pos != nil {
		t.setPresent(batch)
	} else if t.soft != nil {
		t.setShares(batch)
	}
}

// setShares makes the loss torch.nn.CrossEntropyLoss(weight, label_smoothing), whose mean is weighed by the
// labels' classes; for labels with shares it is the sum of those losses by the shares.
func (t *targets) setShares(batch []Target) {
	k := len(t.softOf) / len(batch)
	clear(t.softOf)
	most := 0
	for _, x := range batch {
		most = max(most, len(x.Labels))
	}
	for j := range most {
		total := 0.0 // of the weights of the images' j-th labels
		for _, x := range batch {
			if j < len(x.Labels) {
				total += t.loss.weight(x.Labels[j])
			}
		}
		for i, x := range batch {
			if j >= len(x.Labels) || total == 0 {
				continue
			}
			row, part := t.softOf[i*k:][:k], x.share(j)/total
			if s := t.loss.Smoothing; s > 0 {
				for c := range row {
					row[c] += float32(part * s / float64(k) * t.loss.weight(c))
				}
			}
			row[x.Labels[j]] += float32(part * (1 - t.loss.Smoothing) * t.loss.weight(x.Labels[j]))
		}
	}
}

// setPresent makes the loss torch.nn.BCEWithLogitsLoss(weight), a mean over images and classes.
func (t *targets) setPresent(batch []Target) {
	n := len(batch)
	k := len(t.posOf) / n
	clear(t.presentOf)
	for i, x := range batch {
		for _, c := range x.Labels {
			t.presentOf[i*k+c] = 1
		}
	}
	for i, y := range t.presentOf {
		p := float64(y)*(1-t.loss.Smoothing) + t.loss.Smoothing/2
		w := t.loss.weight(i%k) / float64(n*k)
		t.posOf[i], t.negOf[i] = float32(p*w), float32((1-p)*w)
	}
}

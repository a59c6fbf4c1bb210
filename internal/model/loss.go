package model

import (
	"fmt"
	"math"
	"strings"

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
			bad("loss.name", fmt.Sprintf("sigmoid knows no adversarial branch, "+
				"and kinds %q has one: its loss is of a single label", branches.Kinds))
			break
		}
	}
	if !(l.Smoothing >= 0 && l.Smoothing < 1) {
		bad("loss.smoothing", fmt.Sprintf("%g is not in 0 to below 1", l.Smoothing))
	}
	for i, w := range l.ClassWeights {
		if !(w >= 0) || math.IsInf(w, 0) {
			bad(fmt.Sprintf("loss.class_weights[%d]", i),
				fmt.Sprintf("%g is not a number from 0 on", w))
		}
	}
}

// fits reports class weights that are not one for each class.
func (l Loss) fits(classes int) error {
	if n := len(l.ClassWeights); n > 0 && n != classes {
		return fmt.Errorf("loss.class_weights: %d weights for %d classes", n, classes)
	}
	return nil
}

// weight returns the weight of class k.
func (l Loss) weight(k int) float64 {
	if len(l.ClassWeights) == 0 {
		return 1
	}
	return l.ClassWeights[k]
}

// Target is what an image shows.
type Target struct {
	// Labels are the classes that the image shows. For a softmax loss there is one, or one for each
	// of Shares.
	Labels []int
	// Shares are the parts of the labels in a softmax loss, whose sum is 1. Without them an image
	// shows all of its labels fully.
	Shares []float64
}

// Labelled returns the targets of images that show one class each.
func Labelled(labels ...int) []Target {
	batch := make([]Target, len(labels))
	for i, l := range labels {
		batch[i].Labels = []int{l}
	}
	return batch
}

// share returns the share of the i-th label.
func (t Target) share(i int) float64 {
	if t.Shares == nil {
		return 1
	}
	return t.Shares[i]
}

// matrix is a leaf (N,K) of the graph with its memory.
type matrix struct {
	node *G.Node
	of   []float32
}

// targets holds the inputs of a graph that say what the images show. Which of them there are
// depends on the loss and the kinds of branches.
type targets struct {
	loss       Loss
	part       *Part
	n, classes int
	labels     *G.Node   // (N), each image's first label, of the n/devices images of a device
	of         []float32 // the memory of labels

	// positive and adversarial are the targets of op.TargetLoss, for p branches and for n branches.
	positive, adversarial *matrix
	// present says which labels each image has, for op.LabelMaps; pos and neg are the weights of
	// op.SigmoidLoss.
	present, pos, neg *matrix
}

// labels adds an input with one label for each of n images.
func (b *builder) labels(n int) *targets {
	t := &targets{loss: b.cfg.Loss, part: b.part, n: n, of: make([]float32, n)}
	t.labels = b.perImage("labels", []int{b.each(n)}, t.of)
	return t
}

// targets adds the inputs that say what n images show.
func (b *builder) targets(n, classes int) *targets {
	t := b.labels(n)
	t.classes = classes
	add := func(name string) *matrix {
		m := &matrix{of: make([]float32, n*classes)}
		m.node = b.perImage(name, []int{b.each(n), classes}, m.of)
		return m
	}
	if t.loss.Name == SigmoidLoss {
		t.present = add("labels present")
		t.pos, t.neg = add("weights of the present"), add("weights of the absent")
		return t
	}
	if strings.ContainsRune(b.cfg.Branches.Kinds, 'p') {
		t.positive = add("targets")
	}
	if strings.ContainsRune(b.cfg.Branches.Kinds, 'n') {
		t.adversarial = add("adversarial targets")
	}
	return t
}

// classMap adds the map by which a branch erases: that of the label, or that of all labels.
func (t *targets) classMap(maps *G.Node) (*G.Node, error) {
	if t.present != nil {
		return op.LabelMaps(maps, t.present.node)
	}
	return op.ClassMap(maps, t.labels)
}

// branchLoss adds the loss of branch i.
func (t *targets) branchLoss(b *builder, i int, logits *G.Node) *G.Node {
	return b.layer(branchName(i)+" loss", func() (*G.Node, error) {
		switch {
		case t.pos != nil:
			return op.SigmoidLoss(logits, t.pos.node, t.neg.node)
		case b.cfg.Branches.Kinds[i] == 'n' && t.classes < 2:
			return nil, fmt.Errorf("adversarial loss: %d class, want at least 2", t.classes)
		case b.cfg.Branches.Kinds[i] == 'n':
			return op.TargetLoss(logits, t.adversarial.node)
		}
		return op.TargetLoss(logits, t.positive.node)
	})
}

// check reports a batch from which the loss cannot learn.
func (t *targets) check(batch []Target) error {
	if len(batch) != t.n {
		return fmt.Errorf("setting the targets of %d images in a batch of %d", len(batch), t.n)
	}
	for i, x := range batch {
		if t.pos == nil && len(x.Labels) != max(1, len(x.Shares)) {
			return fmt.Errorf("image %d of the batch has %d labels, "+
				"and the softmax loss learns one: set model.loss.name to sigmoid", i, len(x.Labels))
		}
		for _, l := range x.Labels {
			if l < 0 || l >= t.classes {
				return fmt.Errorf("image %d of the batch has label %d, want 0 to %d",
					i, l, t.classes-1)
			}
		}
	}
	return nil
}

// set fills the memory for a batch that check has passed.
func (t *targets) set(batch []Target) error {
	for i, x := range batch {
		t.of[i] = 0
		if len(x.Labels) > 0 {
			t.of[i] = float32(x.Labels[0])
		}
	}
	if t.present != nil {
		t.setPresent(batch)
	}
	if t.adversarial != nil {
		t.setAdversarial(batch)
	}
	if t.positive != nil {
		return t.setPositive(batch)
	}
	return nil
}

// setPositive makes op.TargetLoss torch.nn.CrossEntropyLoss(weight, label_smoothing), whose mean is
// weighed by the labels' classes. For labels with shares it is the sum of those losses by the
// shares.
func (t *targets) setPositive(batch []Target) error {
	k := t.classes
	clear(t.positive.of)
	most := 0
	for _, x := range batch {
		most = max(most, len(x.Labels))
	}
	totals := make([]float64, most) // of the weights of the images' j-th labels
	for _, x := range batch {
		for j, l := range x.Labels {
			totals[j] += t.loss.weight(l)
		}
	}
	if err := t.part.total(totals); err != nil {
		return err
	}
	for j := range most {
		total := totals[j]
		for i, x := range batch {
			if j >= len(x.Labels) || total == 0 {
				continue
			}
			row, part := t.positive.of[i*k:][:k], x.share(j)/total
			if s := t.loss.Smoothing; s > 0 {
				for c := range row {
					row[c] += float32(part * s / float64(k) * t.loss.weight(c))
				}
			}
			row[x.Labels[j]] += float32(part * (1 - t.loss.Smoothing) * t.loss.weight(x.Labels[j]))
		}
	}
	return nil
}

// setAdversarial makes op.TargetLoss the loss of n branches, which rewards every class but the
// label: the mean of log sum_j exp(x_j) - sum over j != y of x_j/(K-1). Its minimum is ln(K-1).
func (t *targets) setAdversarial(batch []Target) {
	k := t.classes
	for i, x := range batch {
		row := t.adversarial.of[i*k:][:k]
		for c := range row {
			miss := 0.0 // the shares of other labels
			for j, l := range x.Labels {
				if l != c {
					miss += x.share(j)
				}
			}
			row[c] = float32(miss / float64(k-1) / float64(t.part.images(t.n)))
		}
	}
}

// setPresent makes op.SigmoidLoss torch.nn.BCEWithLogitsLoss(weight), a mean over images and
// classes.
func (t *targets) setPresent(batch []Target) {
	k, present := t.classes, t.present.of
	clear(present)
	for i, x := range batch {
		for _, c := range x.Labels {
			present[i*k+c] = 1
		}
	}
	for i, y := range present {
		p := float64(y)*(1-t.loss.Smoothing) + t.loss.Smoothing/2
		w := t.loss.weight(i%k) / float64(t.part.images(t.n)*k)
		t.pos.of[i], t.neg.of[i] = float32(p*w), float32((1-p)*w)
	}
}

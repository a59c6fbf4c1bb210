package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/engine"
)

// TrainStep computes the losses and gradients of one training step: the forward pass, the loss of
// every branch and the backward pass in one graph.
type TrainStep struct {
	// X is the batch of images, (N,3,H,W). The caller fills it before Run, and calls SetTargets
	// with what the images show.
	X []float32
	// Bytes is in the place of X where Input.Norm says how to normalise it: (N,H,W,3).
	Bytes []byte
	// Trained lists the parameters for which Run computes gradients.
	Trained []*Param

	images   *images
	vm       *engine.VM
	loss     *G.Node
	losses   G.Nodes // of Config.LossNames
	branches []branch
	grads    G.Nodes
	norms    []normNode
	drops    [][]float32
	depths   []depthLayer
	targets  *targets
	store    *store

	// Those of a moving step.
	moves   bool
	top     *G.Node   // (N), the class of the first branch
	numbers []float32 // those of its Update
	version uint64    // of the parameters that the device has
}

// NewTrainStep compiles the training graph for batches of n images of h x w pixels.
func (m *Model) NewTrainStep(e *engine.Engine, n, h, w int) (*TrainStep, error) {
	return m.NewPartStep(e, Input{Batch: n, Height: h, Width: w}, nil)
}

// NewPartStep is NewTrainStep for images that are shared out; a nil part is a whole batch on one
// device.
func (m *Model) NewPartStep(e *engine.Engine, in Input, part *Part) (*TrainStep, error) {
	b, s, err := m.newStep(e, in, part)
	if err != nil {
		return nil, err
	}
	want := append(G.Nodes{s.loss}, s.losses...)
	want = append(want, s.grads...)
	for _, nn := range s.norms {
		want = append(want, nn.stats)
	}
	for _, o := range s.branches {
		want, b.split = append(want, o.logits, o.maps), append(b.split, o.logits, o.maps)
	}
	return s, s.compile(e, engine.Plan{
		Graph: b.g, Outputs: want, Devices: b.devices, Split: b.split,
	})
}

// newStep builds the graph of a step for images of a part of a batch: the forward pass, the losses
// and the gradients.
func (m *Model) newStep(e *engine.Engine, in Input, part *Part) (*builder, *TrainStep, error) {
	if err := m.noMaps(); err != nil {
		return nil, nil, err
	}
	if err := part.check(in.Batch); err != nil {
		return nil, nil, err
	}
	b := m.builder(true)
	b.part, b.devices = part, part.devices()
	s := &TrainStep{store: m.store}
	images, x := b.newImages(in, true)
	s.images = images
	s.targets = b.targets(in.Batch, m.classes)
	outs := branches(b, backbone(b, x), s.targets, m.classes)
	s.addLosses(b, outs, b.guideLosses(outs[0], b.guides(outs[0])))
	s.drops, s.depths = b.drops, b.depths
	if b.err != nil {
		return nil, nil, b.err
	}
	if b.joins && e.Keeps() {
		return nil, nil, engine.ErrJointDevice
	}
	s.branches, s.norms = outs, b.norms
	var wrt G.Nodes
	for _, l := range b.leaves {
		if !l.param.Frozen {
			wrt, s.Trained = append(wrt, l.node), append(s.Trained, l.param)
		}
	}
	if err := s.differentiate(wrt); err != nil {
		return nil, nil, fmt.Errorf("building the backward pass: %w", err)
	}
	s.joinDevices(b)
	return b, s, b.err
}

// joinDevices makes the losses and gradients of each device, which are summands, those of all.
func (s *TrainStep) joinDevices(b *builder) {
	s.loss = b.joined("the loss", s.loss)
	for i, l := range s.losses {
		s.losses[i] = b.joined("a loss", l)
	}
	for i, g := range s.grads {
		s.grads[i] = b.joined("the gradient of "+s.Trained[i].Name, g)
	}
}

// compile plans the step, and then its input, so that no memory is taken for a plan that is
// refused.
func (s *TrainStep) compile(e *engine.Engine, p engine.Plan) (err error) {
	if s.vm, err = e.Compile(p); err != nil {
		return err
	}
	err = s.images.feed()
	s.X, s.Bytes = s.images.x, s.images.bytes
	return err
}

// SetTargets takes what each image of the batch shows, before Run. A label for which the model has
// no class is an error.
func (s *TrainStep) SetTargets(batch []Target) error {
	if err := s.targets.check(batch); err != nil {
		return err
	}
	return s.targets.set(batch)
}

// Drops returns how many attention dropout layers there are.
func (s *TrainStep) Drops() int { return len(s.drops) }

// Drop sets whether attention dropout layer i drops positions in the next runs; otherwise it weighs
// them.
func (s *TrainStep) Drop(i int, drop bool) {
	s.drops[i][0] = 0
	if drop {
		s.drops[i][0] = 1
	}
}

// addLosses adds the losses of the branches, and the sum of them and SPG's.
func (s *TrainStep) addLosses(b *builder, outs []branch, guides G.Nodes) {
	for i, o := range outs {
		s.losses = append(s.losses, s.targets.branchLoss(b, i, o.logits))
	}
	s.losses = append(s.losses, guides...)
	for i, l := range s.losses {
		if i == 0 {
			s.loss = l
			continue
		}
		s.loss = b.add("the sum of losses", s.loss, l)
	}
}

// differentiate adds the backward pass: the gradients of the sum of losses with respect to wrt.
func (s *TrainStep) differentiate(wrt G.Nodes) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	if len(wrt) == 0 {
		return fmt.Errorf("every parameter is frozen")
	}
	s.grads, err = G.Grad(s.loss, wrt...)
	return err
}

// Run computes losses and gradients from X, the targets and the present parameters.
func (s *TrainStep) Run() error {
	if err := s.Start(); err != nil {
		return err
	}
	return s.Finish()
}

// Start begins a run, and returns as soon as X and what else the caller sets may be written to for
// the next one; Finish waits for the results of the oldest run that was started. Of a moving step
// on a device, a run may be started before the one before it is finished.
func (s *TrainStep) Start() error {
	if s.moves && s.version != s.store.version {
		s.vm.Refresh()
		s.version = s.store.version
	}
	return s.vm.Start()
}

// Finish waits for the results of the oldest run under way.
func (s *TrainStep) Finish() error { return s.vm.Finish() }

// Loss returns the sum of the losses, each a mean over the batch.
func (s *TrainStep) Loss() float32 { return s.vm.Data(s.loss)[0] }

// BranchLoss returns loss i of Config.LossNames: that of branch i, or behind those one of SPG's.
func (s *TrainStep) BranchLoss(i int) float32 { return s.vm.Data(s.losses[i])[0] }

// Top returns the class that the first branch takes image i of the batch for, or for an image with
// logits that are no numbers any number.
func (s *TrainStep) Top(i int) int {
	if s.top != nil {
		return int(s.vm.Data(s.top)[i])
	}
	k := s.branches[0].logits.Shape()[1]
	row, best := s.Logits(0)[i*k:][:k], 0
	for c, x := range row {
		if x > row[best] {
			best = c
		}
	}
	return best
}

// Logits returns the logits of branch i, (N,K) row-major. They are valid until the next Run.
func (s *TrainStep) Logits(i int) []float32 { return s.vm.Data(s.branches[i].logits) }

// Maps returns the normalised maps of branch i for the labels, (N,h,w) row-major. They are valid
// until the next Run.
func (s *TrainStep) Maps(i int) []float32 { return s.vm.Data(s.branches[i].maps) }

// Grad returns the gradient of Loss with respect to Trained[i]. It is valid until the next Run.
func (s *TrainStep) Grad(i int) []float32 { return s.vm.Data(s.grads[i]) }

// normMomentum is the weight of the new value in running averages, PyTorch's default.
const normMomentum = 0.1

// UpdateRunning moves the running statistics of every trained batch norm towards those of the last
// batch, the variance unbiased, as torch.nn.BatchNorm2d does.
func (s *TrainStep) UpdateRunning() {
	joined := s.targets.part != nil && !s.targets.part.syncs() // and unbiased by JoinStatistics
	for _, n := range s.norms {
		batch, running := s.vm.Data(n.stats), s.store.stats[n.name]
		c, unbias := len(running)/2, n.unbias()
		if joined {
			unbias = 1
		}
		for i := range running {
			v := batch[i]
			if i >= c {
				v *= unbias
			}
			running[i] += normMomentum * (v - running[i])
		}
	}
	s.store.version++
}

// JoinStatistics makes the statistics of the last batch, where they are those of a part of it, the
// mean of those of all parts by their images, each variance unbiased by its own part. sum replaces
// values by their sums over all processes, which then keep the same running averages.
func (s *TrainStep) JoinStatistics(sum func(x []float32) error) error {
	if p := s.targets.part; p == nil || p.syncs() {
		return nil
	}
	share := s.targets.part.share(s.targets.n)
	var all []float32
	for _, n := range s.norms {
		stats, unbias := s.vm.Data(n.stats), n.unbias()
		for i, v := range stats {
			if i >= len(stats)/2 {
				v *= unbias
			}
			all = append(all, share*v)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := sum(all); err != nil {
		return err
	}
	for _, n := range s.norms {
		all = all[copy(s.vm.Data(n.stats), all):]
	}
	return nil
}

// VM returns the compiled graph, for its profile and memory.
func (s *TrainStep) VM() *engine.VM { return s.vm }

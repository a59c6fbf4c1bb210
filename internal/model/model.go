package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
)

// Model is a configuration and its parameters, which every graph built from it
// shares.
type Model struct {
	cfg     Config
	classes int
	store   *store
}

// maxClasses bounds what a damaged checkpoint or a mistyped recipe can ask for.
const maxClasses = 1 << 20

// New declares a model's parameters. They are zero until Init or Load.
func New(cfg Config, classes int) (*Model, error) {
	var problems []error
	cfg.Validate(func(key, msg string) { problems = append(problems, fmt.Errorf("%s: %s", key, msg)) })
	if len(problems) > 0 {
		return nil, fmt.Errorf("model: %w", problems[0])
	}
	if classes < 1 || classes > maxClasses {
		return nil, fmt.Errorf("model: %d classes, want 1 to %d", classes, maxClasses)
	}
	if err := cfg.Loss.fits(classes); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	m := &Model{cfg: cfg, classes: classes, store: newStore()}
	b := m.builder(false)
	side := max(declareSize, b.arch.least)
	x := leafNode(b.g, "image", []int{1, 3, side, side}, make([]float32, 3*side*side))
	branches(b, backbone(b, x), b.labels(1), classes)
	if b.err != nil {
		return nil, b.err
	}
	return m, nil
}

// declareSize is an input that most backbones accept; parameters do not depend on it.
const declareSize = 64

func (m *Model) builder(train bool) *builder {
	arch, _ := findArchitecture(m.cfg.Backbone.Arch)
	return &builder{g: G.NewGraph(), store: m.store, cfg: m.cfg, arch: arch, train: train}
}

// backbone maps images (N,3,H,W) to features (N,C,h,w), averaged where the recipe asks for it.
func backbone(b *builder, x *G.Node) *G.Node {
	b.group = BackboneGroup
	x = b.arch.build(b, x)
	if b.cfg.Branches.AvgPool {
		x = b.avgPool("average pool", x, op.PoolAttr{Size: 3, Stride: 1, Pad: 1})
	}
	return x
}

// Config is what the model was made from.
func (m *Model) Config() Config { return m.cfg }

// Classes is the number of classes K.
func (m *Model) Classes() int { return m.classes }

// Params lists the parameters and running statistics in order of declaration:
// backbone, then heads. The slice is the model's own.
func (m *Model) Params() []*Param { return m.store.params }

// Init sets every parameter to its architecture's random start, as torchvision
// and torch.nn.Conv2d do; each tensor's stream depends on the seed and its name.
func (m *Model) Init(seed uint64) {
	for _, p := range m.store.params {
		m.store.init[p.Name](p, newRNG(seed, p.Name))
	}
	m.Changed()
}

// Changed tells that parameters or running statistics have other values than before: the
// predictors prepare their weights anew.
func (m *Model) Changed() { m.store.version++ }

package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
)

// Model is a configuration with the parameters that all graphs built from it share.
type Model struct {
	cfg     Config
	classes int
	store   *store
	layers  []string // MapLayers
	// lastLayer is the backbone's last of them.
	lastLayer string
}

// maxClasses bounds the memory for which a damaged checkpoint or a mistyped recipe can ask.
const maxClasses = 1 << 20

// New makes a model. Its parameters are zero until Init, LoadStart or LoadAll sets them.
func New(cfg Config, classes int) (*Model, error) {
	var problems []error
	cfg.Validate(func(key, msg string) {
		problems = append(problems, fmt.Errorf("%s: %s", key, msg))
	})
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
	if cfg.Branches.Head == OwnHead {
		side = usualSide
	}
	x := leafNode(b.g, "image", []int{1, 3, side, side}, make([]float32, 3*side*side))
	features := backbone(b, x)
	if b.err != nil {
		return nil, b.err
	}
	m.lastLayer = b.marks[len(b.marks)-1].name
	b.guides(branches(b, features, b.labels(1), classes)[0])
	if b.err != nil {
		return nil, b.err
	}
	m.layers = layersOf(b.marks)
	return m, nil
}

// declareSize is a side of images, in pixels, that most backbones accept. Parameters do not depend
// on it.
const declareSize = 64

// builder starts a graph of the model.
func (m *Model) builder(train bool) *builder {
	arch, _ := findArchitecture(m.cfg.Backbone.Arch)
	return &builder{g: G.NewGraph(), store: m.store, cfg: m.cfg, arch: arch, train: train}
}

// backbone maps images (N,3,H,W) to features (N,C,h,w), with the average pool behind them if the
// recipe asks for it.
func backbone(b *builder, x *G.Node) *G.Node {
	b.group = BackboneGroup
	x = b.arch.build(b, x)
	if b.cfg.Branches.AvgPool {
		x = b.avgPool("average pool", x, op.PoolAttr{Size: 3, Stride: 1, Pad: 1})
	}
	return x
}

// Config returns the configuration from which the model was made.
func (m *Model) Config() Config { return m.cfg }

// Classes returns the number of classes K.
func (m *Model) Classes() int { return m.classes }

// Params lists the parameters and running statistics in the order of the network: the backbone's,
// then the heads'. The slice is the model's own.
func (m *Model) Params() []*Param { return m.store.params }

// Init sets every parameter at random, as torchvision and torch.nn.Conv2d initialise theirs. The
// values of a tensor depend on the seed and its name alone.
func (m *Model) Init(seed uint64) {
	for _, p := range m.store.params {
		m.store.init[p.Name](p, newRNG(seed, p.Name))
	}
	m.Changed()
}

// Changed has to be called after parameters or running statistics were written to, so that the
// predictors prepare their weights anew.
func (m *Model) Changed() { m.store.version++ }

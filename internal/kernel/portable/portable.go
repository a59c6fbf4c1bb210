// Package portable is the backend in Go and Go assembly. It runs on every machine and is part of
// every program; other backends fall back on it for Specs that they have no code for.
package portable

import (
	"errors"
	"runtime"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// Kernels is this backend's entry in the list of backends.
var Kernels = backend.Kernels{
	Name:       "portable",
	Precisions: []backend.Precision{backend.FP32},
	Missing: func(p backend.Precision) error {
		if p != backend.FP32 {
			return errors.New("the portable kernels compute in fp32 alone: use precision fp32, " +
				"or the native kernels")
		}
		return nil
	},
	Open: func(o backend.Options) (backend.Backend, error) { return New(o.Threads), nil },
}

// Backend is the backend in Go, with Go assembly where there is some for the machine. Activations
// are NHWC, everything else is Plain. Results are the same to the bit for any number of threads.
// It has code for every Spec, so that other backends can fall back on it.
//
// A Backend and its Routines serve one goroutine at a time.
type Backend struct {
	team *team
	isa  *isa

	ranges    func(lo, hi int)
	runRanges func(worker, lo, hi int)
	move      move
	packed    map[packingKey]backend.Layout
	packings  []*product // by layout, from FirstPacked on
}

// New starts a backend on the best instruction set of the machine. It uses the given number of
// threads, or one for each CPU if that is not positive.
func New(threads int) *Backend {
	return newBackend(threads, isas()[0])
}

func newBackend(threads int, with *isa) *Backend {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	p := &Backend{team: newTeam(threads), isa: with, packed: map[packingKey]backend.Layout{}}
	p.runRanges = func(_, lo, hi int) { p.ranges(lo, hi) }
	p.setMove()
	return p
}

// Name is "portable".
func (p *Backend) Name() string { return Kernels.Name }

// Library is empty: this is Go.
func (p *Backend) Library() string { return "" }

// ISA is "avx512", "avx2" or "go".
func (p *Backend) ISA() string { return p.isa.name }

// Precision is float32.
func (p *Backend) Precision() backend.Precision { return backend.FP32 }

// Threads is how many threads a Routine may use.
func (p *Backend) Threads() int { return p.team.threads }

// Close ends the backend's threads. What is run later runs on the caller's thread.
func (p *Backend) Close() { p.team.close() }

// chunksPerThread is into how many chunks the work is cut for each thread, which evens out threads
// that the machine gives unequal time.
const chunksPerThread = 4

// Parallel calls f on disjoint ranges that cover [0,n), on all threads at once. Each range starts
// at a multiple of grain. How the ranges are cut depends on the number of threads, so a result must
// not depend on it. f must not call Parallel.
func (p *Backend) Parallel(n, grain int, f func(lo, hi int)) {
	grain = max(grain, 1)
	pieces := p.team.threads * chunksPerThread
	chunk := (n + pieces - 1) / pieces
	chunk = max((chunk+grain-1)/grain, 1) * grain
	p.ranges = f
	p.team.run(n, chunk, p.runRanges)
	p.ranges = nil
}

// Compile implements backend.Backend.
func (p *Backend) Compile(s kernel.Spec, in []backend.Layout) (*backend.Routine, error) {
	if err := backend.Check(s, in); err != nil {
		return nil, err
	}
	r, err := p.compile(s, in)
	if err != nil {
		return nil, err
	}
	return backend.Guard(p, s, r), nil
}

func (p *Backend) compile(s kernel.Spec, in []backend.Layout) (*backend.Routine, error) {
	switch s := s.(type) {
	case kernel.Conv:
		return p.convAct(kernel.ConvAct{Conv: s}), nil
	case kernel.ConvAct:
		return p.convAct(s), nil
	case kernel.ConvBackData:
		if s.Depthwise() {
			return p.depthwiseBackData(s), nil
		}
		if j, m := joined(s.ConvGeom); m > 1 {
			return p.joinedBackData(s, j, m), nil
		}
		return p.convBackData(s), nil
	case kernel.ConvBackWeights:
		if s.Depthwise() {
			return p.depthwiseBackWeights(s), nil
		}
		if j, m := joined(s.ConvGeom); m > 1 {
			return p.joinedBackWeights(s, j, m), nil
		}
		return p.convBackWeights(s), nil
	case kernel.ChannelSum:
		return p.channelSum(s), nil
	case kernel.Curve:
		return p.curve(s, in), nil
	case kernel.CurveBack:
		return p.curveBack(s, in), nil
	case kernel.Add:
		return p.add(s, in), nil
	case kernel.AddReLU:
		return p.addReLU(s, in), nil
	case kernel.ReLUBackAdd:
		return p.reluBackAdd(s, in), nil
	case kernel.MaxPool:
		return p.maxPool(s), nil
	case kernel.MaxPoolBack:
		return p.maxPoolBack(s), nil
	case kernel.AvgPool:
		return p.avgPool(s), nil
	case kernel.AvgPoolBack:
		return p.avgPoolBack(s), nil
	case kernel.GlobalAvgPool:
		return p.globalAvgPool(s), nil
	case kernel.GlobalAvgPoolBack:
		return p.globalAvgPoolBack(s), nil
	case kernel.NormStats:
		return p.normStats(s), nil
	case kernel.Norm:
		return p.norm(s), nil
	case kernel.NormBackParams:
		return p.normBackParams(s), nil
	case kernel.NormBackData:
		return p.normBackData(s), nil
	case kernel.NormAct:
		return p.normAct(s), nil
	case kernel.NormActBackParams:
		return p.normActBackParams(s), nil
	case kernel.NormActBackData:
		return p.normActBackData(s), nil
	case kernel.FoldWeights:
		return p.foldWeights(s), nil
	case kernel.FoldBias:
		return p.foldBias(s), nil
	case kernel.Row:
		return p.row(s), nil
	case kernel.Concat:
		return p.concat(s), nil
	case kernel.ChannelSlice:
		return p.channelSlice(s), nil
	case kernel.Normalize:
		return p.normalize(s), nil
	case kernel.ClassMap:
		return p.classMap(s), nil
	case kernel.Erase:
		return p.erase(s), nil
	case kernel.LayerNorm:
		return p.layerNorm(s), nil
	case kernel.LayerNormBackParams:
		return p.layerNormBackParams(s), nil
	case kernel.LayerNormBackData:
		return p.layerNormBackData(s), nil
	case kernel.LRN:
		return p.lrn(lrn{s}), nil
	case kernel.LRNBack:
		return p.lrnBack(lrn{s.LRN}), nil
	case kernel.ScaleChannels:
		return p.scaleChannels(s), nil
	case kernel.ScaleChannelsBack:
		return p.scaleChannelsBack(s), nil
	case kernel.AttentionDrop:
		return p.attentionDrop(s), nil
	case kernel.AttentionDropBack:
		return p.attentionDropBack(s), nil
	case kernel.TargetLoss:
		return p.targetLoss(s), nil
	case kernel.TargetLossBack:
		return p.targetLossBack(s), nil
	case kernel.SigmoidLoss:
		return p.sigmoidLoss(s), nil
	case kernel.SigmoidLossBack:
		return p.sigmoidLossBack(s), nil
	case kernel.LabelMaps:
		return p.labelMaps(s), nil
	case kernel.Bilinear:
		return p.bilinear(s), nil
	case kernel.BilinearBack:
		return p.bilinearBack(s), nil
	case kernel.GuideMask:
		return p.guideMask(s), nil
	case kernel.GuideLoss:
		return p.guideLoss(s), nil
	case kernel.GuideLossBack:
		return p.guideLossBack(s), nil
	case kernel.Blend:
		return p.blend(s), nil
	case kernel.BlendSquare:
		return p.blendSquare(s), nil
	case kernel.AdamMove:
		return p.adamMove(s), nil
	case kernel.SumSquares:
		return p.sumSquares(s), nil
	case kernel.ClipFactor:
		return clipFactor(s), nil
	case kernel.MoveStats:
		return moveStats(s), nil
	case kernel.Top:
		return top(s), nil
	}
	return nil, backend.UnsupportedError{Backend: p.Name(), Spec: s}
}

// natural is the layout of a tensor that nothing else demands: NHWC for activations, else Plain.
func natural(shape []int) backend.Layout {
	if len(shape) == 4 {
		return nhwc
	}
	return plain
}

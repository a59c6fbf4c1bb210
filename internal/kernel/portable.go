package kernel

import (
	"fmt"
	"runtime"
)

// Portable is the Backend in Go (with Go assembly where there is some for the
// machine): activations are NHWC, everything else is Plain. Its results are the
// same to the bit for any number of threads.
//
// A Portable and its Steps serve one goroutine at a time.
type Portable struct {
	team *team
	isa  *isa

	ranges    func(lo, hi int)
	runRanges func(worker, lo, hi int)
	move      move
	packed    map[packingKey]Layout
	packings  []*product // by layout, from firstPacked on
}

// NewPortable starts a backend that uses so many threads, or one for each
// CPU if threads is not positive, and the best instruction set there is.
func NewPortable(threads int) *Portable {
	return newPortable(threads, isas()[0])
}

func newPortable(threads int, with *isa) *Portable {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	p := &Portable{team: newTeam(threads), isa: with, packed: map[packingKey]Layout{}}
	p.runRanges = func(_, lo, hi int) { p.ranges(lo, hi) }
	p.setMove()
	return p
}

// Name is "portable".
func (p *Portable) Name() string { return "portable" }

// Library is empty: this is Go.
func (p *Portable) Library() string { return "" }

// ISA is "avx512", "avx2" or "go".
func (p *Portable) ISA() string { return p.isa.name }

// Precision is float32.
func (p *Portable) Precision() Precision { return FP32 }

// Threads is how many threads a Step may use.
func (p *Portable) Threads() int { return p.team.threads }

// Close ends the backend's threads. What is run later runs on the caller's.
func (p *Portable) Close() { p.team.close() }

// chunksPerThread evens out threads that the machine gives unequal time.
const chunksPerThread = 4

// Parallel calls f on disjoint ranges that cover [0,n), on all threads at once;
// each starts at a multiple of grain. How the ranges are cut depends on the number of
// threads, so a result must not depend on it. f must not call Parallel.
func (p *Portable) Parallel(n, grain int, f func(lo, hi int)) {
	grain = max(grain, 1)
	pieces := p.team.threads * chunksPerThread
	chunk := (n + pieces - 1) / pieces
	chunk = max((chunk+grain-1)/grain, 1) * grain
	p.ranges = f
	p.team.run(n, chunk, p.runRanges)
	p.ranges = nil
}

// Compile implements Backend.
func (p *Portable) Compile(s Spec, in []Layout) (*Step, error) {
	if err := check(s, in); err != nil {
		return nil, err
	}
	step, err := p.compile(s, in)
	if err != nil {
		return nil, err
	}
	guardSizes(p, step, s)
	return step, nil
}

func (p *Portable) compile(s Spec, in []Layout) (*Step, error) {
	switch s := s.(type) {
	case Conv:
		return p.convAct(ConvAct{Conv: s}), nil
	case ConvAct:
		return p.convAct(s), nil
	case ConvBackData:
		if s.depthwise() {
			return p.depthwiseBackData(s), nil
		}
		if j, m := s.joined(); m > 1 {
			return p.joinedBackData(s, j, m), nil
		}
		return p.convBackData(s), nil
	case ConvBackWeights:
		if s.depthwise() {
			return p.depthwiseBackWeights(s), nil
		}
		if j, m := s.joined(); m > 1 {
			return p.joinedBackWeights(s, j, m), nil
		}
		return p.convBackWeights(s), nil
	case ChannelSum:
		return p.channelSum(s), nil
	case ReLU:
		return p.relu(s, in), nil
	case ReLUBack:
		return p.reluBack(s, in), nil
	case Add:
		return p.add(s, in), nil
	case AddReLU:
		return p.addReLU(s, in), nil
	case ReLUBackAdd:
		return p.reluBackAdd(s, in), nil
	case MaxPool:
		return p.maxPool(s), nil
	case MaxPoolBack:
		return p.maxPoolBack(s), nil
	case AvgPool:
		return p.avgPool(s), nil
	case AvgPoolBack:
		return p.avgPoolBack(s), nil
	case GlobalAvgPool:
		return p.globalAvgPool(s), nil
	case GlobalAvgPoolBack:
		return p.globalAvgPoolBack(s), nil
	case NormStats:
		return p.normStats(s), nil
	case Norm:
		return p.norm(s), nil
	case NormBackParams:
		return p.normBackParams(s), nil
	case NormBackData:
		return p.normBackData(s), nil
	case NormAct:
		return p.normAct(s), nil
	case NormActBackParams:
		return p.normActBackParams(s), nil
	case NormActBackData:
		return p.normActBackData(s), nil
	case FoldWeights:
		return p.foldWeights(s), nil
	case FoldBias:
		return p.foldBias(s), nil
	case Row:
		return p.row(s), nil
	case Concat:
		return p.concat(s), nil
	case ChannelSlice:
		return p.channelSlice(s), nil
	case ClassMap:
		return p.classMap(s), nil
	case Erase:
		return p.erase(s), nil
	case SoftmaxLoss:
		return p.softmaxLoss(s), nil
	case SoftmaxLossBack:
		return p.softmaxLossBack(s), nil
	case ReLU6:
		return p.relu6(s, in), nil
	case ReLU6Back:
		return p.relu6Back(s, in), nil
	case Sigmoid:
		return p.sigmoid(s, in), nil
	case SigmoidBack:
		return p.sigmoidBack(s, in), nil
	case SiLU:
		return p.silu(s, in), nil
	case SiLUBack:
		return p.siluBack(s, in), nil
	case GELU:
		return p.gelu(s, in), nil
	case GELUBack:
		return p.geluBack(s, in), nil
	case LayerNorm:
		return p.layerNorm(s), nil
	case LayerNormBackParams:
		return p.layerNormBackParams(s), nil
	case LayerNormBackData:
		return p.layerNormBackData(s), nil
	case LRN:
		return p.lrn(s), nil
	case LRNBack:
		return p.lrnBack(s), nil
	case ScaleChannels:
		return p.scaleChannels(s), nil
	case ScaleChannelsBack:
		return p.scaleChannelsBack(s), nil
	case AttentionDrop:
		return p.attentionDrop(s), nil
	case AttentionDropBack:
		return p.attentionDropBack(s), nil
	case TargetLoss:
		return p.targetLoss(s), nil
	case TargetLossBack:
		return p.targetLossBack(s), nil
	case SigmoidLoss:
		return p.sigmoidLoss(s), nil
	case SigmoidLossBack:
		return p.sigmoidLossBack(s), nil
	case LabelMaps:
		return p.labelMaps(s), nil
	}
	return nil, fmt.Errorf("portable backend: no kernel for %T", s)
}

// natural is the layout of a tensor of the shape in this backend.
func natural(shape []int) Layout {
	if len(shape) == 4 {
		return NHWC
	}
	return Plain
}

package kernel

import "math"

// fusedSpecs are the fused Specs over shapes that do not fill blocks.
func fusedSpecs() []Spec {
	var specs []Spec
	for i, g := range convGeoms() {
		a, b := 1+Act(i/2%2), Act(i%3)
		if g.C/g.Groups*g.KH*g.KW > 300 { // what is left of a long sum under 6 has less digits than the sum
			a, b = ActReLU, min(b, ActReLU)
		}
		specs = append(specs, ConvAct{Conv: Conv{g, i%2 == 0}, Act: a, Inference: i%3 == 0},
			ConvAct{Conv: Conv{g, true}, Residual: true, Act: b, Inference: true}, ConvAct{Conv: Conv{g, false}, Residual: true})
	}
	for _, x := range []Shape4{{1, 1, 1, 1}, {2, 3, 5, 7}, {3, 40, 13, 13}, {2, 64, 30, 31}, {2, 300, 3, 5}} {
		norm := Norm{x, 1e-5}
		specs = append(specs, AddReLU{x}, ReLUBackAdd{x},
			NormAct{norm, false, NoAct}, NormAct{norm, true, NoAct})
		for _, a := range []Act{ActReLU, ActReLU6} {
			specs = append(specs, NormAct{norm, false, a}, NormAct{norm, true, a}, NormActBackParams{NormBackParams{x, 1e-5}, a},
				NormActBackData{NormBackData{x, 1e-5, false}, a}, NormActBackData{NormBackData{x, 1e-5, true}, a})
		}
	}
	return append(specs, FoldWeights{Shape4{5, 3, 2, 3}, 1e-5}, FoldBias{7, 1e-3, true}, FoldBias{7, 1e-5, false})
}

// referenceFused composes a fused Spec from the references of its parts; nil for another Spec.
func referenceFused(s Spec, in [][]float32) []float64 {
	last := in[len(in)-1]
	finish := func(out []float64, residual bool, a Act) []float64 {
		for i := range out {
			if residual {
				out[i] += float64(last[i])
			}
			if a != NoAct {
				out[i] = max(out[i], 0)
			}
			if a == ActReLU6 {
				out[i] = min(out[i], 6)
			}
		}
		return out
	}
	switch s := s.(type) {
	case ConvAct:
		return finish(reference(s.Conv, in), s.Residual, s.Act)
	case NormAct:
		return finish(reference(s.Norm, in), s.Residual, s.Act)
	case AddReLU:
		return finish(reference(Add{4, s.X}, in), false, ActReLU)
	case ReLUBackAdd:
		return reference(ReLUBack(s), [][]float32{in[0], rounded(reference(Add{4, s.X}, in[1:]))})
	case NormActBackParams:
		return reference(s.NormBackParams, [][]float32{in[0], in[1], maskedBy(s.Act, Norm(s.NormBackParams), in, last)})
	case NormActBackData:
		return reference(s.NormBackData, [][]float32{in[0], in[1], in[2], in[4], maskedBy(s.Act, Norm{s.X, s.Eps}, in, last)})
	case FoldWeights:
		return mapped(in[0], func(i int, v float64) float64 {
			o := i / (s.W.Size() / s.W[0])
			return v * float64(in[2][o]) / math.Sqrt(float64(in[1][s.W[0]+o])+float64(s.Eps))
		})
	case FoldBias:
		return mapped(in[2], func(o int, shift float64) float64 {
			b := -float64(in[0][o])
			if s.Bias {
				b += float64(in[3][o])
			}
			return shift + b*float64(in[1][o])/math.Sqrt(float64(in[0][s.C+o])+float64(s.Eps))
		})
	}
	return nil
}

// maskedBy is dy where the activation of the normalised x passes it.
func maskedBy(a Act, s Norm, in [][]float32, dy []float32) []float32 {
	var back Spec = ReLUBack{s.X}
	if a == ActReLU6 {
		back = ReLU6Back{s.X}
	}
	return rounded(reference(back, [][]float32{rounded(reference(s, in[:4])), dy}))
}

func rounded(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

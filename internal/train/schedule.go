package train

import "math"

// Scale is the factor on all learning rates at a step, counted from 0 over the
// whole training of epochs x perEpoch steps.
func (s Schedule) Scale(step, perEpoch, epochs int) float64 {
	warm := int(math.Round(s.WarmupEpochs * float64(perEpoch)))
	f := s.decay(step, perEpoch, epochs)
	if step < warm {
		f *= float64(step+1) / float64(warm+1)
	}
	return f
}

func (s Schedule) decay(step, perEpoch, epochs int) float64 {
	progress := float64(step) / float64(max(1, perEpoch*epochs))
	switch s.Name {
	case "step":
		f := 1.0
		for _, e := range s.Steps {
			if step >= e*perEpoch {
				f *= s.Gamma
			}
		}
		return f
	case "cosine":
		return (1 + math.Cos(math.Pi*progress)) / 2
	case "poly":
		return math.Pow(1-progress, s.Power)
	}
	return 1
}

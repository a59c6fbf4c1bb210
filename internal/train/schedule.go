package train

import "math"

// Course is how the learning rates change over a training.
type Course string

// The courses. Progress goes from 0 at the first step to 1 after the last.
const (
	// Constant keeps the rates.
	Constant Course = "constant"
	// Step multiplies the rates by Gamma after each epoch of Steps.
	Step Course = "step"
	// Cosine multiplies the rates by (1 + cos(pi * progress)) / 2.
	Cosine Course = "cosine"
	// Poly multiplies the rates by (1 - progress)^Power.
	Poly Course = "poly"
)

// Choices lists the courses.
func (Course) Choices() []string {
	return []string{string(Constant), string(Step), string(Cosine), string(Poly)}
}

// Scale returns the factor on all learning rates at a step, counted from 0 over the whole training,
// which has perEpoch steps in each of its epochs.
func (s Schedule) Scale(step, perEpoch, epochs int) float64 {
	warm := int(math.Round(s.WarmupEpochs * float64(perEpoch)))
	f := s.decay(step, perEpoch, epochs)
	if step < warm {
		f *= float64(step+1) / float64(warm+1)
	}
	return f
}

// decay is Scale without the warm-up.
func (s Schedule) decay(step, perEpoch, epochs int) float64 {
	progress := float64(step) / float64(max(1, perEpoch*epochs))
	switch s.Name {
	case Step:
		f := 1.0
		for _, e := range s.Steps {
			if step >= e*perEpoch {
				f *= s.Gamma
			}
		}
		return f
	case Cosine:
		return (1 + math.Cos(math.Pi*progress)) / 2
	case Poly:
		return math.Pow(1-progress, s.Power)
	}
	return 1
}

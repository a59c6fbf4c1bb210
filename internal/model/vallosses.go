package model

import "math"

// ImageLosses returns the loss of each branch for an image that shows labels: that of training,
// without label smoothing and without class weights. logits are those of each branch, (K) each.
func (m *Model) ImageLosses(logits [][]float32, labels []int) []float64 {
	losses := make([]float64, len(logits))
	for i, x := range logits {
		switch {
		case m.cfg.Loss.Name == SigmoidLoss:
			losses[i] = sigmoidLoss(x, labels)
		case m.cfg.Branches.Kinds[i] == 'n':
			losses[i] = adversarialLoss(x, labels)
		default:
			losses[i] = softmaxLoss(x, labels)
		}
	}
	return losses
}

// softmaxLoss is the mean over the labels of the cross-entropy of logits.
func softmaxLoss(x []float32, labels []int) float64 {
	sum := 0.0
	for _, l := range labels {
		sum += float64(x[l])
	}
	return logSumExp(x) - sum/float64(len(labels))
}

// adversarialLoss is the mean over the labels of the loss of an n branch; see setAdversarial.
func adversarialLoss(x []float32, labels []int) float64 {
	all, own := 0.0, 0.0
	for _, v := range x {
		all += float64(v)
	}
	for _, l := range labels {
		own += float64(x[l])
	}
	return logSumExp(x) - (all-own/float64(len(labels)))/float64(len(x)-1)
}

// sigmoidLoss is the mean over the classes of the binary cross-entropy of logits.
func sigmoidLoss(x []float32, labels []int) float64 {
	sum := 0.0
	for _, v := range x {
		sum += math.Max(float64(v), 0) + math.Log1p(math.Exp(-math.Abs(float64(v))))
	}
	for _, l := range labels {
		sum -= float64(x[l])
	}
	return sum / float64(len(x))
}

// logSumExp is log(sum of exp(x)).
func logSumExp(x []float32) float64 {
	most := math.Inf(-1)
	for _, v := range x {
		most = math.Max(most, float64(v))
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(float64(v) - most)
	}
	return most + math.Log(sum)
}

package kernel

// SoftmaxLoss is the mean over N of log sum_j exp(x_j) - sum_j q_j x_j: a scalar. Inputs: logits
// (N,K), labels (N). q is one at the label (cross-entropy) or, with Adversarial, 1/(K-1)
// everywhere else. Labels outside of [0,K) give NaN.
type SoftmaxLoss struct {
	N, K        int
	Adversarial bool
}

// SoftmaxLossBack is the gradient of SoftmaxLoss: (softmax(x)-q)/N*g. Inputs: logits, labels, g
// (a scalar).
type SoftmaxLossBack struct {
	N, K        int
	Adversarial bool
}

// TargetLoss is a softmax loss against any targets: the scalar sum over n and j of
// t[n][j] * (log sum_l exp(x[n][l]) - x[n][j]). Inputs: logits (N,K), targets (N,K). The targets
// hold everything else: one-hot labels, label smoothing, mixed labels, class weights and 1/N.
type TargetLoss struct{ N, K int }

// TargetLossBack is the gradient of TargetLoss: (softmax(x) * sum_j t[n][j] - t) * g. Inputs:
// logits, targets, g (a scalar).
type TargetLossBack struct{ N, K int }

// SigmoidLoss is a loss of many labels: the scalar sum over n and j of pos*log(1+exp(-x)) +
// neg*log(1+exp(x)). Inputs: logits, pos and neg, each (N,K). With pos and neg the labels and
// their complements over N*K it is torch.nn.BCEWithLogitsLoss.
type SigmoidLoss struct{ N, K int }

// SigmoidLossBack is the gradient of SigmoidLoss: (neg*p - pos*(1-p)) * g, p = 1/(1+exp(-x)).
// Inputs: logits, pos, neg, g (a scalar).
type SigmoidLossBack struct{ N, K int }

func (s SoftmaxLoss) In() [][]int     { return [][]int{{s.N, s.K}, {s.N}} }
func (s SoftmaxLoss) Out() []int      { return nil }
func (s SoftmaxLossBack) In() [][]int { return [][]int{{s.N, s.K}, {s.N}, {}} }
func (s SoftmaxLossBack) Out() []int  { return []int{s.N, s.K} }
func (s TargetLoss) In() [][]int      { return [][]int{{s.N, s.K}, {s.N, s.K}} }
func (s TargetLoss) Out() []int       { return nil }
func (s TargetLossBack) In() [][]int  { return [][]int{{s.N, s.K}, {s.N, s.K}, {}} }
func (s TargetLossBack) Out() []int   { return []int{s.N, s.K} }
func (s SigmoidLoss) In() [][]int     { return [][]int{{s.N, s.K}, {s.N, s.K}, {s.N, s.K}} }
func (s SigmoidLoss) Out() []int      { return nil }
func (s SigmoidLossBack) In() [][]int {
	return [][]int{{s.N, s.K}, {s.N, s.K}, {s.N, s.K}, {}}
}
func (s SigmoidLossBack) Out() []int { return []int{s.N, s.K} }

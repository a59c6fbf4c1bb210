package kernel

// TargetLoss is a softmax loss against any targets: the scalar sum over n and j of
// t[n][j] * (log sum_l exp(x[n][l]) - x[n][j]). Inputs: logits (N,K), targets (N,K). The targets
// hold everything else: labels, label smoothing, mixed labels, class weights and the mean's 1/N.
// With one-hot/N it is cross-entropy, with (1-one-hot)/(K-1)/N the adversarial loss of an n branch.
// Where a target is zero, the logit may be infinite; a NaN among targets gives NaN.
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

func (s TargetLoss) In() [][]int     { return [][]int{{s.N, s.K}, {s.N, s.K}} }
func (s TargetLoss) Out() []int      { return nil }
func (s TargetLossBack) In() [][]int { return [][]int{{s.N, s.K}, {s.N, s.K}, {}} }
func (s TargetLossBack) Out() []int  { return []int{s.N, s.K} }
func (s SigmoidLoss) In() [][]int    { return [][]int{{s.N, s.K}, {s.N, s.K}, {s.N, s.K}} }
func (s SigmoidLoss) Out() []int     { return nil }
func (s SigmoidLossBack) In() [][]int {
	return [][]int{{s.N, s.K}, {s.N, s.K}, {s.N, s.K}, {}}
}
func (s SigmoidLossBack) Out() []int { return []int{s.N, s.K} }

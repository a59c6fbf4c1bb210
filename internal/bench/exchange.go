package bench

import (
	"time"

	"acol/internal/mpi"
	"acol/internal/train"
)

// Exchange is what the ranks of a training exchanged in each measured step.
type Exchange struct {
	Ranks    int `json:"ranks"`
	Machines int `json:"machines"`
	// Bytes is what this rank sent in a step, without what the MPI library adds. Away is what
	// a machine sent to the others, all its ranks together and on average.
	Bytes int64 `json:"bytes"`
	Away  int64 `json:"bytes_between_machines"`
	// Waited is for how long this rank waited in each step until all had computed their part, and
	// Seconds how long the gradients and the statistics of batch norm then took. What synchronised
	// batch norms exchange is within the computation.
	Waited  []float64 `json:"waited_seconds"`
	Seconds []float64 `json:"seconds"`
}

// settle makes the bytes that this rank sent to other machines those of a machine.
func (e *Exchange) settle(w *mpi.World) error {
	away := []float64{float64(e.Away)}
	if err := w.SumFloats(away); err != nil {
		return err
	}
	e.Away = int64(away[0]) / int64(e.Machines)
	return nil
}

// skip leaves out the steps of the warm-up.
func (e *Exchange) skip(steps int) {
	if len(e.Seconds) >= steps {
		e.Waited, e.Seconds = e.Waited[steps:], e.Seconds[steps:]
	}
}

// Step is the q-quantile of the seconds of the exchange, and Wait that of the seconds before it.
func (e *Exchange) Step(q float64) float64 { return quantile(e.Seconds, q) }

// Wait is the q-quantile of the seconds that this rank waited for the slowest one.
func (e *Exchange) Wait(q float64) float64 { return quantile(e.Waited, q) }

// mine is how many images of a batch are this rank's.
func (o Options) mine() int {
	from, to := o.World.Part(o.Batch)
	return to - from
}

// share sums up what the ranks have computed.
func (t *trainer) share(turn train.Turn, p *profile) error {
	w, begin := t.options.World, time.Now()
	if t.exchange != nil {
		if _, err := w.Bytes(nil); err != nil { // returns when all ranks are here
			return err
		}
		t.exchange.Waited = append(t.exchange.Waited, time.Since(begin).Seconds())
		p.outside("waiting for other processes", time.Since(begin))
	}
	all, away := w.Sent()
	begin = time.Now()
	if err := t.step.Gather(turn); err != nil || t.exchange == nil {
		return err
	}
	t.exchange.Seconds = append(t.exchange.Seconds, time.Since(begin).Seconds())
	sent, gone := w.Sent()
	t.exchange.Bytes, t.exchange.Away = sent-all, gone-away
	p.outside("exchange", time.Since(begin))
	return nil
}

package serve

import (
	"context"
	"errors"
)

// errBusy says that too many others wait already.
var errBusy = errors.New("too many requests wait for the model; try again")

// gate lets a few in at a time, and a bounded number of others wait.
type gate struct {
	inside  chan struct{}
	waiting chan struct{} // those inside too
}

func newGate(inside, waiting int) *gate {
	return &gate{make(chan struct{}, inside), make(chan struct{}, inside+waiting)}
}

// enter waits for a place, which leave gives back. It is errBusy where too many wait, and the error
// of ctx when that is done first.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.waiting <- struct{}{}:
	default:
		return nil, errBusy
	}
	select {
	case g.inside <- struct{}{}:
		return func() { <-g.inside; <-g.waiting }, nil
	case <-ctx.Done():
		<-g.waiting
		return nil, context.Cause(ctx)
	}
}

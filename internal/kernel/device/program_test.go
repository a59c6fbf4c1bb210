package device

import (
	"errors"
	"testing"
)

// A server goes on after a request that failed: the next one must not get that one's results.
func TestARunThatDidNotBeginIsNotFinishedLater(t *testing.T) {
	p, broken := &program{}, errors.New("a copy failed")
	if err := p.began(run{nil}, broken); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the copy", err)
	}
	if len(p.running) != 0 {
		t.Errorf("%d runs are under way, want none", len(p.running))
	}
	if err := p.began(run{nil}, nil); err != nil || len(p.running) != 1 {
		t.Errorf("%d runs are under way, want one: %v", len(p.running), err)
	}
}

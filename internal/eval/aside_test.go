package eval_test

import (
	"errors"
	"slices"
	"testing"

	"acol/internal/eval"
)

// With a device, a batch is measured while the network looks at the next one. Nothing else differs.
func TestMeasuringBesideTheNetworkChangesNothing(t *testing.T) {
	w := newWorld(t)
	var want string
	var shown [2][]int
	for k, aside := range []bool{false, true} {
		ev := w.evaluator(t, eval.Options{Config: batches(3), Workers: 2})
		if aside {
			eval.Aside(ev)
		}
		ev.Keep = true
		ev.Show = func(s eval.Sight) error {
			shown[k] = append(shown[k], s.Index)
			return nil
		}
		if got := asJSON(t, measure(t, ev)); want == "" {
			want = got
		} else if got != want {
			t.Error("the report differs")
		}
	}
	if !slices.Equal(shown[0], shown[1]) || len(shown[0]) < 6 {
		t.Errorf("images were shown in the order %v, want %v", shown[1], shown[0])
	}
	ev := w.evaluator(t, eval.Options{Config: batches(3)})
	eval.Aside(ev)
	broken := errors.New("broken")
	calls := 0
	ev.Show = func(eval.Sight) error { calls++; return broken }
	if _, err := ev.Run(t.Context()); !errors.Is(err, broken) || calls != 1 {
		t.Errorf("after %d calls: %v, want the error of the first", calls, err)
	}
}

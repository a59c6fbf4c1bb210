package machine

import (
	"errors"
	"testing"
)

func TestABudgetNamesWhatIsNeededAndWhatThereIs(t *testing.T) {
	b := NewBudget(Limit{Free: 100 << 20, Total: 200 << 20, By: "ulimit -v", Known: true})
	for range 2 {
		if err := b.Take("momentum", 20<<20); err != nil {
			t.Fatal(err)
		}
	}
	if left, known := b.Left(); left != 60<<20 || !known {
		t.Errorf("%d bytes left, %v", left, known)
	}
	if err := b.Take("batches", 60<<20); err != nil {
		t.Errorf("all of it: %v", err)
	}
	err := b.Take("activations", 11<<30)
	var short *ShortError
	if !errors.As(err, &short) || short.Need != 100<<20+11<<30 {
		t.Fatalf("error %v", err)
	}
	const want = "not enough memory: 11.1 GiB are needed (activations 11.0 GiB, batches 60 MiB, " +
		"momentum 40 MiB), and ulimit -v leaves 100 MiB of 200 MiB"
	if err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestABudgetOfAnUnknownMachineAllowsEverything(t *testing.T) {
	if err := NewBudget(Limit{}).Take("everything", 1<<60); err != nil {
		t.Error(err)
	}
}

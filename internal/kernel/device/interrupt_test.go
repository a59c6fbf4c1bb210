package device

import (
	"context"
	"errors"
	"testing"

	"acol/internal/pjrt"
)

func TestACompilationIsNotWaitedForOnceTheCommandIsToEnd(t *testing.T) {
	stop, end, began := make(chan struct{}), make(chan struct{}), make(chan struct{})
	defer close(end)
	go func() {
		<-began
		close(stop)
	}()
	long := func() (*pjrt.Program, error) {
		close(began)
		<-end
		return nil, nil
	}
	want := "compiling for the device was interrupted"
	_, err := untilStop(stop, long)
	if !errors.Is(err, context.Canceled) || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	none := func() (*pjrt.Program, error) {
		t.Error("a compilation was begun")
		return nil, nil
	}
	if _, err := untilStop(stop, none); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v once it was stopped", err)
	}
}

func TestACompilationGivesWhatItMakes(t *testing.T) {
	failed, made := errors.New("no memory"), &pjrt.Program{}
	for _, stop := range []chan struct{}{nil, make(chan struct{})} {
		p, err := untilStop(stop, func() (*pjrt.Program, error) { return made, failed })
		if p != made || !errors.Is(err, failed) {
			t.Errorf("%v, %v", p, err)
		}
	}
}

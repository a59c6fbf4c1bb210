package device

import (
	"context"

	"acol/internal/pjrt"
)

// interrupted is of a compilation that was left.
type interrupted struct{}

func (interrupted) Error() string { return "compiling for the device was interrupted" }

// Is says that the error is a context.Canceled, which ends a command as an interrupt does.
func (interrupted) Is(target error) bool { return target == context.Canceled }

// Until has compilations end when stop is closed, since XLA may take minutes and cannot be told to
// stop: the compiler goes on by itself, and is no longer waited for. From then on nothing more is
// compiled, and Close leaves the devices open, which the compiler still uses. So the process must
// end soon. What was computed before can still be read. Until must be called before anything is
// compiled.
func (b *Backend) Until(stop <-chan struct{}) { b.stop = stop }

// compiled is what a compilation gives.
type compiled struct {
	program *pjrt.Program
	err     error
}

// untilStop gives what f compiles, unless stop is closed before.
func untilStop(stop <-chan struct{}, f func() (*pjrt.Program, error)) (p *pjrt.Program, err error) {
	if stop == nil {
		return f()
	}
	select {
	case <-stop:
		return nil, interrupted{}
	default:
	}
	done := make(chan compiled, 1)
	go func() {
		p, err := f()
		done <- compiled{p, err}
	}()
	select {
	case c := <-done:
		return c.program, c.err
	case <-stop:
		return nil, interrupted{}
	}
}

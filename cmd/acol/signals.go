package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// interruptible is a context that is done when the program should finish what it is in, save and
// end: at Ctrl-C, SIGTERM, SIGHUP, or a call of stop. After Ctrl-C or SIGTERM another one ends the
// program at once. SIGHUP never does: a terminal that closes sends it more than once. A program
// that began with SIGHUP ignored, as below nohup, goes on ignoring it. SIGUSR1 is what batch
// systems send before a job's time is over, and what mpirun passes on.
func interruptible() (ctx context.Context, stop context.CancelFunc) {
	ctx, stop = context.WithCancel(context.Background())
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	hungUp := make(chan os.Signal, 1)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(hungUp, syscall.SIGHUP)
	}
	notifyOfTime(hungUp)
	// With SIGPIPE caught, a broken standard error is the error of a write, not the end.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		for {
			select {
			case <-asked:
				signal.Reset(os.Interrupt, syscall.SIGTERM)
			case <-hungUp:
			}
			stop()
		}
	}()
	return ctx, stop
}

// errorPipe writes to standard error. When nobody reads it any more it calls broken, since a
// training that nobody follows is better saved than lost.
type errorPipe struct {
	io.Writer
	broken func()
}

func (p errorPipe) Write(b []byte) (int, error) {
	n, err := p.Writer.Write(b)
	if isBrokenPipe(err) {
		p.broken()
	}
	return n, err
}

// resultPipe writes to standard output. When nobody reads it any more the program ends as others
// do, quietly, by SIGPIPE where there is one, so that acol eval | head works.
type resultPipe struct{ io.Writer }

func (p resultPipe) Write(b []byte) (int, error) {
	n, err := p.Writer.Write(b)
	if isBrokenPipe(err) {
		return endOfPipe(p.Writer, b[n:])
	}
	return n, err
}

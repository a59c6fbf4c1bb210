package hub

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// Bounds bound what an address may take.
type Bounds struct {
	Bytes int64
	Time  time.Duration
}

// Copy writes what an http or https address gives into f, which is empty, and leaves f at its
// beginning. An answer that ends early or that says to come again is asked for a few times. A page
// in place of a file, a way from https to http, and what goes beyond the bounds are errors.
func Copy(ctx context.Context, address string, f *os.File, b Bounds) error {
	u, err := parse(address)
	if err != nil {
		return err
	}
	failed := func(err error) error {
		return fmt.Errorf("fetching %s: %w", shown(address), discreet{err})
	}
	limited, cancel := context.WithTimeoutCause(ctx, b.Time, lateError{b.Time})
	defer cancel()
	r := request{address: u.String(), client: client(), file: wanted{
		most: b.Bytes, size: fmt.Sprintf("at most %d are taken", b.Bytes),
	}}
	// Its connections are kept open: the next address is often one of the same server.
	p := &part{File: f, path: f.Name()}
	for n := 1; ; n++ {
		_, err := r.receive(limited, p)
		if err == nil {
			break
		}
		if hopeless(err) || limited.Err() != nil || n == usual.attempts {
			return failed(err)
		}
		if err := usual.wait(limited, n); err != nil {
			return failed(err)
		}
	}
	if isPage(p) {
		return failed(errPage)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return failed(err)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"time"

	"acol/internal/data"
	"acol/internal/datacheck"
	"acol/internal/scout"
)

// initLooks is how long acol init looks at the headers and ends of images.
const initLooks = 5 * time.Second

// leaveOutBroken has the recipe leave out images that cannot be read where a quick look finds any,
// and says which: a training would end at the first of them.
func leaveOutBroken(ctx context.Context, s *streams, f *scout.Found) {
	ctx, cancel := context.WithTimeout(ctx, initLooks)
	defer cancel()
	var broken []datacheck.Finding
	_, err := datacheck.Run(ctx, f.Data, datacheck.Options{Quick: true, Report: func(x datacheck.Finding) error {
		switch x.Kind {
		case datacheck.Unreadable, datacheck.Unsupported, datacheck.Truncated, datacheck.Missing:
			broken = append(broken, x)
		}
		return nil
	}})
	if len(broken) == 0 || err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return
	}
	f.Data.OnError = data.Skip
	s.say("warning: %s cannot be read, such as %s: %s; trainings leave them out (data.on_error)",
		counted(len(broken), "image"), broken[0].File, broken[0].Message)
}

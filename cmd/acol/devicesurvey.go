package main

import (
	"context"
	"errors"
	"math"

	"acol/internal/kernel/backend"
	"acol/internal/kernel/suite"
)

// surveyLine is a kind of computation in JSON.
type surveyLine struct {
	Computation string `json:"computation"`
	Cases       int    `json:"cases"`
	// Difference is the largest one, relative to the largest element of the true result; null where
	// a value is no number, or nothing was computed.
	Difference *float64 `json:"difference"`
	Worst      string   `json:"worst,omitempty"` // the case with it
	Equal      bool     `json:"equal"`           // but for rounding
	Problem    string   `json:"problem,omitempty"`
}

// survey holds a device to the definition of every computation, and prints what differs.
func (o *deviceCheckOptions) survey(
	ctx context.Context, b backend.GraphBackend,
) (differ bool, err error) {
	bar := newProgress(o.streams, "computations", "kinds")
	defer bar.done()
	cases, total, worst := 0, 0, suite.Surveyed{}
	failed := suite.Survey(ctx, b, func(done, of int, s suite.Surveyed) {
		bar.update(done, of)
		cases, total = cases+s.Cases, of
		differ = differ || !s.OK()
		if s.Err == nil && s.Error >= worst.Error {
			worst = s
		}
		if err == nil {
			err = o.printSurveyed(bar, s)
		}
	})
	bar.done()
	if err = errors.Join(failed, err); err != nil || differ || o.JSON {
		return differ, err
	}
	return false, printLast(o.streams.Out,
		"%d kinds of computation in %d cases are equal but for rounding, at most %.1e (%s)\n",
		total, cases, worst.Error, worst.Kind)
}

// printSurveyed prints what was found of a kind of computation, where it is not as it should be or
// everything is asked for.
func (o *deviceCheckOptions) printSurveyed(bar *progress, s suite.Surveyed) error {
	l := surveyLine{Computation: s.Kind, Cases: s.Cases, Worst: s.Worst, Equal: s.OK()}
	if s.Err != nil {
		l.Problem = s.Err.Error()
	} else if !math.IsInf(s.Error, 0) {
		l.Difference = &s.Error
	}
	switch {
	case o.JSON:
		return newJSONLines(o.streams.Out).Encode(l)
	case l.Equal:
		return nil
	}
	bar.done()
	if l.Problem != "" {
		return printLast(o.streams.Out, "%s fails in %s: %s\n", s.Kind, s.Worst, l.Problem)
	}
	return printLast(o.streams.Out, "%s differs by %.1e in %s\n", s.Kind, s.Error, s.Worst)
}

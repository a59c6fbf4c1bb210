package main

import (
	"context"
	"crypto/rand"
	"errors"
	"syscall"

	"github.com/spf13/cobra"

	"acol/internal/data"
	"acol/internal/engine"
	"acol/internal/localize"
	"acol/internal/recipe"
	"acol/internal/run"
	"acol/internal/serve"
)

type serveOptions struct {
	streams    *streams
	Classifier classifierFlags
	Run        string
	Checkpoint string
	Set        []string
	Address    string
	Names      []string
	Token      string
}

func newServeCmd(s *streams, runF func(context.Context, *serveOptions) error) *cobra.Command {
	o := &serveOptions{streams: s}
	c := &cobra.Command{
		Use:   "serve [RUN]",
		Short: "Play with a model on a page in the browser, or ask it over HTTP",
		Long: `Play with a model on a page in the browser, or ask it over HTTP. Drop, paste or
choose a picture, or a sample of the run's data. The page shows the likely classes,
the maps of all branches and the boxes. Threshold, opacity, colours and class change
at once; delta erases anew and shows what the next branch then finds. Maps are those
of the heads; acol localize makes others with --method.

Programs send an image and get JSON, with what acol localize --json prints:

  curl --data-binary @a.jpg 'http://127.0.0.1:7749/api/localize?threshold=0.3'

docs/serve.md describes all requests. One model answers one request at a time; where
too many wait, the answer is 503. Pictures are kept in memory alone.

The model is that of RUN, or of the newest finished run below runs/. With --model it
is a published classifier of ImageNet, which needs no run. As acol localize does for
few images, --kernels auto takes the portable kernels, so that the figures of both
are the same; --kernels native is faster.

Only this machine can reach the server, unless --address says otherwise. Then every
request needs a token, which is in the address that is printed. The connection is
not encrypted. Ctrl-C ends the server.`,
		Example: `  acol serve
  acol serve runs/cub16-squeezenet-pp --kernels native
  acol serve --model resnet50
  acol serve --address 0.0.0.0:7749`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				if o.Run != "" {
					return usagef("the run is named twice: %s and --run %s", args[0], o.Run)
				}
				if o.Classifier.given() {
					return usagef("%s is a run, and --model or --weights stand instead of one", args[0])
				}
				o.Run = args[0]
			}
			if err := o.Classifier.check(c.Flags().Changed); err != nil {
				return err
			}
			if err := serve.CheckAddress(o.Address); err != nil {
				return hinted{usagef("--address: %w", err),
					"--address 127.0.0.1:7749 serves this machine, 0.0.0.0:7749 all that reach it"}
			}
			if err := checkKeyFlags(c); err != nil {
				return err
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	addRunFlags(c, &o.Run, &o.Checkpoint, &o.Set)
	addClassifierFlags(c, &o.Classifier)
	f.StringVar(&o.Address, "address", "127.0.0.1:7749",
		"`HOST:PORT` to listen at; port 0 is any free one")
	f.StringSliceVar(&o.Names, "name", nil,
		"another `HOST` name under which browsers reach this machine; may be repeated")
	f.StringVar(&o.Token, "token", "",
		"the `TOKEN` that requests need (default: none on this machine alone, else a new one)")
	return c
}

func runServe(ctx context.Context, o *serveOptions) error {
	t, err := openModel(ctx, o.streams, &o.Classifier,
		modelPlace{Run: o.Run, Checkpoint: o.Checkpoint}, o.Set)
	if err != nil {
		return err
	}
	eng, err := newEngine(o.streams, computeForFew(t.Recipe.Train, 1))
	if err != nil {
		return err
	}
	defer eng.Close()
	place, err := serve.Listen(o.Address, o.Names)
	if errors.Is(err, syscall.EADDRINUSE) {
		return hinted{err, "another program listens there: choose a port with --address 127.0.0.1:0"}
	}
	if err != nil {
		return err
	}
	defer func() { _ = place.Close() }() // which Serve has done where it was reached
	if o.Token == "" && !place.Loopback {
		o.Token = rand.Text()
	}
	server, err := newServer(o, t, eng, place)
	if err != nil {
		return err
	}
	sayView(o.streams, t.Recipe.Data.Input)
	o.streams.say("serving %s at %s (Ctrl-C ends it)", t.Name, place.URL(o.Token))
	return server.Serve(ctx, place)
}

// newServer makes the server of a trained model.
func newServer(
	o *serveOptions, t *run.Trained, eng *engine.Engine, place *serve.Place,
) (*serve.Server, error) {
	cfg := &t.Recipe.Localize
	cfg.Method, cfg.Layer = headMaps(o.streams, cfg.Maps())
	x, err := localize.Explore(eng, t.Model, localize.Options{
		Classes: t.Classes, Data: t.Recipe.Data, Config: t.Recipe.Localize, Kept: t.Threshold,
		Workers: t.Recipe.Train.Workers,
	})
	if err != nil {
		return nil, err
	}
	var samples []serve.Sample
	if !o.Classifier.given() {
		if samples, err = findSamples(t.Recipe); err != nil {
			o.streams.say("the page has no samples of the run's data: %v", err)
		}
	}
	return serve.New(serve.Options{
		Model: t.Name, Explorer: x, Config: t.Recipe.Localize, Data: t.Recipe.Data,
		Kinds: t.Recipe.Model.Branches.Kinds, Samples: samples, Hosts: place.Hosts, Token: o.Token,
		Log: func(err error) { o.streams.say("error: %v", err) },
	})
}

// mostSamples is how many images of the run's data the page offers.
const mostSamples = 24

// findSamples takes images of the split that figures are reported on, evenly over it.
func findSamples(rec *recipe.Recipe) ([]serve.Sample, error) {
	split, err := data.Open(rec.Data, finalSplit(rec.Data))
	if err != nil {
		return nil, err
	}
	var all []serve.Sample
	n := len(split.Samples)
	for i := range min(n, mostSamples) {
		s := split.Samples[i*n/min(n, mostSamples)]
		sample := serve.Sample{Name: s.ID, Path: s.Path}
		if s.Label >= 0 && s.Label < len(split.Classes) {
			sample.Class = split.Classes[s.Label]
		}
		all = append(all, sample)
	}
	return all, nil
}

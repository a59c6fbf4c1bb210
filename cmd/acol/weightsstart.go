package main

import (
	"context"
	"fmt"
	"slices"

	"acol/internal/hub"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/train"
	"acol/internal/weights"
)

// startingWeights returns the path of the file that a recipe's backbone starts from: the one that
// the recipe names, or torchvision's, which it fetches where it is not in the cache.
func startingWeights(ctx context.Context, s *streams, rec *recipe.Recipe) (string, error) {
	b := rec.Model.Backbone
	if !b.WantsPublished() {
		return string(b.Weights), nil
	}
	cache, err := hub.Open(s.Env)
	if err != nil {
		return "", err
	}
	f, ok := b.Published()
	if !ok {
		return "", fmt.Errorf("torchvision publishes no weights %s for %s %s",
			b.Weights, b.Arch, b.Depth)
	}
	got, err := fetchToCompute(ctx, s, cache, f.File, rec.Train)
	return got.Path, err
}

// fetchToCompute is fetch for a command that computes with what it fetches. Where there is
// something to fetch, the device opens before, and stays open for the command's engine.
func fetchToCompute(
	ctx context.Context, s *streams, cache *hub.Cache, f hub.File, c train.Config,
) (hub.Fetched, error) {
	if c.Backend().OnDevice() && !cache.Has(f) {
		if err := openEarly(s, c); err != nil {
			return hub.Fetched{}, err
		}
	}
	return fetch(ctx, s, cache, f)
}

// warnScale warns where the published weights that a recipe starts from were trained on another
// scale of the input than its own.
func warnScale(s *streams, rec *recipe.Recipe) {
	b := rec.Model.Backbone
	mean, std := b.PublishedScale()
	same := slices.Equal(mean, rec.Data.Mean) && slices.Equal(std, rec.Data.Std)
	if b.WantsPublished() && !same {
		s.say("warning: these weights were trained with data.mean %v and data.std %v, "+
			"the recipe has %v and %v", mean, std, rec.Data.Mean, rec.Data.Std)
	}
}

// openCanonical reads a weight file and gives its tensors acol's names. It says what of the file is
// left out because nothing here reads it.
func openCanonical(s *streams, path string) (*weights.StateDict, weights.Names, error) {
	sd, info, err := weights.Open(path)
	if err != nil {
		return nil, weights.Names{}, err
	}
	if left := slices.Concat(info.Skipped, sd.Unread()); len(left) > 0 {
		s.say("%s: left out, since acol does not read it: %s", path, weights.Abbreviate(left))
	}
	sd, names, err := weights.Canonical(sd, model.Schemes())
	if err != nil {
		return nil, names, fmt.Errorf("reading weights %s: %w", path, err)
	}
	return sd, names, nil
}

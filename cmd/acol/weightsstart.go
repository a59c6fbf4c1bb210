package main

import (
	"context"
	"fmt"
	"slices"

	"acol/internal/hub"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/weights"
)

// startingWeights is the file that a recipe's backbone starts from: the one it names, or torchvision's, fetched.
func startingWeights(ctx context.Context, s *streams, b model.Backbone) (string, error) {
	version, published := b.PublishedWeights()
	if !published {
		return b.Weights, nil
	}
	cache, err := hub.Open(s.Env)
	if err != nil {
		return "", err
	}
	f, ok := hub.ForBackbone(string(b.Arch), b.Depth, version)
	if !ok {
		return "", fmt.Errorf("torchvision publishes no weights %s for %s %s", b.Weights, b.Arch, b.Depth)
	}
	return fetch(ctx, s, cache, f)
}

// warnScale says where published weights were trained on another scale of the input than the recipe's.
func warnScale(s *streams, rec *recipe.Recipe) {
	b := rec.Model.Backbone
	mean, std := b.PublishedScale()
	if _, published := b.PublishedWeights(); published && (!slices.Equal(mean, rec.Data.Mean) || !slices.Equal(std, rec.Data.Std)) {
		s.say("warning: these weights were trained with data.mean %v and data.std %v, the recipe has %v and %v", mean, std, rec.Data.Mean, rec.Data.Std)
	}
}

// openCanonical reads a weight file under acol's names.
func openCanonical(path string) (*weights.StateDict, weights.Names, error) {
	sd, _, err := weights.Open(path)
	if err != nil {
		return nil, weights.Names{}, err
	}
	sd, names, err := weights.Canonical(sd)
	if err != nil {
		return nil, names, fmt.Errorf("reading weights %s: %w", path, err)
	}
	return sd, names, nil
}

// target is what a recipe's model is for weights.Foreign.
func target(c model.Config) weights.Target {
	return weights.Target{Arch: string(c.Backbone.Arch), Kinds: c.Branches.Kinds, Head: string(c.Branches.Head)}
}

package main

import (
	"testing"

	"acol/internal/model"
	"acol/internal/recipe"
)

func TestStartingOnAnotherScaleIsSaid(t *testing.T) {
	for _, c := range []struct {
		arch    model.Arch
		weights model.Weights
		mean    float64
		want    string
	}{
		{"resnet", "imagenet", 0, ""},
		{"inception", "mine.pth", 0, ""},
		{"inception", "imagenet", 0, "acol: warning: these weights were trained with data.mean [0.5 0.5 0.5] and data.std [0.5 0.5 0.5], the recipe has [0.485 0.456 0.406] and [0.229 0.224 0.225]\n"},
		{"inception", "imagenet", 0.5, ""},
		{"resnet", "imagenet-v2", 0.5, "acol: warning: these weights were trained with data.mean [0.485 0.456 0.406] and data.std [0.229 0.224 0.225], the recipe has [0.5 0.5 0.5] and [0.5 0.5 0.5]\n"},
	} {
		s, _, messages := memoryIO()
		rec := recipe.Default()
		rec.Model.Backbone.Arch, rec.Model.Backbone.Weights = c.arch, c.weights
		if c.mean > 0 {
			rec.Data.Mean, rec.Data.Std = []float64{c.mean, c.mean, c.mean}, []float64{c.mean, c.mean, c.mean}
		}
		warnScale(s, rec)
		if got := messages.String(); got != c.want {
			t.Errorf("%s from %s: %q, want %q", c.arch, c.weights, got, c.want)
		}
	}
}

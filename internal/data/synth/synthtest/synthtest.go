// Package synthtest makes small data sets for the tests of several packages.
package synthtest

import (
	"path/filepath"
	"testing"

	"acol/internal/data"
	"acol/internal/data/synth"
)

// Config draws a data set in a folder of the test's own and returns the default configuration with
// the places of its images and lists.
func Config(t testing.TB, o synth.Options) data.Config {
	t.Helper()
	dir := t.TempDir()
	if err := synth.Make(dir, o); err != nil {
		t.Fatal(err)
	}
	cfg := data.DefaultConfig()
	cfg.Root, cfg.Metadata = filepath.Join(dir, synth.Root), filepath.Join(dir, synth.Metadata)
	return cfg
}

// Open is data.Open for a split that must be there.
func Open(t testing.TB, cfg data.Config, split string) *data.Split {
	t.Helper()
	s, err := data.Open(cfg, split)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

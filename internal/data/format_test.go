package data

import (
	"slices"
	"testing"
)

func TestASplitIsThereWhereTheConfigurationAndTheFormatHaveIt(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(c *Config)
		want   []string
	}{
		{"all", func(*Config) {}, []string{"train", "val", "test"}},
		{"none named", func(c *Config) { c.Val = "" }, []string{"train", "test"}},
		{
			"nothing held out", func(c *Config) { c.Format, c.ValEvery = "cub", 0 },
			[]string{"train", "test"},
		},
		{
			"held out", func(c *Config) { c.Format, c.ValEvery = "cub", 2 },
			[]string{"train", "val", "test"},
		},
		{
			"test as val", func(c *Config) { c.Format, c.ValEvery, c.Val = "cub", 0, "test" },
			[]string{"train", "val", "test"},
		},
		{"no such format", func(c *Config) { c.Format = "kitti" }, nil},
	} {
		cfg := DefaultConfig()
		tc.change(&cfg)
		var got []string
		for _, split := range append([]string{"dev"}, splitNames...) {
			if cfg.Has(split) {
				got = append(got, split)
			}
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: has %v, want %v", tc.name, got, tc.want)
		}
		named, err := cfg.Named(nil)
		if (err != nil) != (tc.want == nil) || !slices.Equal(named, tc.want) {
			t.Errorf("%s: named %v, %v, want %v", tc.name, named, err, tc.want)
		}
	}
}

// TestEveryFormatIsAChoice keeps the table, and what keys and flags take from it, together.
func TestEveryFormatIsAChoice(t *testing.T) {
	all := Format("").Choices()
	if len(all) != len(formats) || !slices.Contains(all, string(DefaultConfig().Format)) {
		t.Errorf("choices %v of %d formats", all, len(formats))
	}
	for _, f := range formats {
		if f.open == nil {
			t.Errorf("format %s cannot be read", f.name)
		}
	}
	if want := []string{"wsol", "coco"}; !slices.Equal(Writable(), want) {
		t.Errorf("writable are %v, want %v", Writable(), want)
	}
}

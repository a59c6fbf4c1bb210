package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"acol/internal/recipe"
)

func newConfigCmd(s *streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Check recipes, print what they resolve to, list their keys",
		Example: `  acol config check configs/cub16-squeezenet-pp.yaml
  acol config show configs/cub16-squeezenet-pp.yaml --set train.epochs=3
  acol config keys localize`,
		Args: subcommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newConfigCheckCmd(s, runConfigCheck), newConfigShowCmd(s, runConfigShow), newConfigKeysCmd(s, runConfigKeys))
	return c
}

type configCheckOptions struct {
	streams   *streams
	Files     []string
	Set       []string
	SkipPaths bool
}

func newConfigCheckCmd(s *streams, runF func(*configCheckOptions) error) *cobra.Command {
	o := &configCheckOptions{streams: s}
	c := &cobra.Command{
		Use:   "check FILE...",
		Short: "Say what is wrong with a recipe",
		Long: `Say what is wrong with recipes: unknown keys, wrong types, values that are out of
range or contradict each other, and places that do not exist. All of it is
reported, with the line and the nearest right key. ACOL_* variables and --set
count as they do in training.

Exit codes: 0 nothing is wrong; 2 something is.`,
		Example: `  acol config check configs/cub16-squeezenet-pp.yaml
  acol config check configs/*.yaml --skip-paths
  acol config check recipe.yaml --set data.root=/data/CUB_200_2011`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o.Files = args
			return runF(o)
		},
	}
	f := c.Flags()
	addSetFlag(f, &o.Set, "override a key of the recipe, `KEY=VALUE`; may be repeated")
	f.BoolVar(&o.SkipPaths, "skip-paths", false, "do not look whether data and weights exist")
	return c
}

func runConfigCheck(o *configCheckOptions) error {
	var all []error
	for _, file := range o.Files {
		rec, err := recipe.Load(recipe.Options{File: file, Set: o.Set, Env: o.streams.Env})
		if err == nil && !o.SkipPaths {
			err = recipe.CheckPaths(rec, recipe.DataPaths|recipe.WeightsPath)
		}
		if err != nil {
			all = append(all, fmt.Errorf("%s is not right:\n%w", file, err))
			continue
		}
		if _, err := fmt.Fprintf(o.streams.Out, "%s: ok\n", file); err != nil {
			return err
		}
	}
	return errors.Join(all...)
}

type configShowOptions struct {
	streams *streams
	File    string
	Set     []string
}

func newConfigShowCmd(s *streams, runF func(*configShowOptions) error) *cobra.Command {
	o := &configShowOptions{streams: s}
	c := &cobra.Command{
		Use:   "show [FILE]",
		Short: "Print a recipe as it resolves",
		Long: `Print a recipe as it resolves, every key of it, as YAML: --set over ACOL_*
variables over the file over the defaults. Without FILE it prints the defaults.

Exit codes: 0 done; 2 the recipe is wrong.`,
		Example: `  acol config show configs/cub16-squeezenet-pp.yaml --set train.epochs=3
  acol config show runs/cub16-squeezenet-pp/recipe.yaml
  acol config show > recipe.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.File = args[0]
			} else if len(o.Set) > 0 {
				return hinted{usagef("--set needs a recipe to override"), "acol config show FILE --set KEY=VALUE"}
			}
			return runF(o)
		},
	}
	addSetFlag(c.Flags(), &o.Set, "override a key of the recipe, `KEY=VALUE`; may be repeated")
	return c
}

func runConfigShow(o *configShowOptions) error {
	if o.File == "" {
		return recipe.Write(o.streams.Out, recipe.Default())
	}
	rec, err := recipe.Load(recipe.Options{File: o.File, Set: o.Set, Env: o.streams.Env})
	if err != nil {
		return err
	}
	return recipe.Write(o.streams.Out, rec)
}

type configKeysOptions struct {
	streams *streams
	Prefix  string
	JSON    bool
}

func newConfigKeysCmd(s *streams, runF func(*configKeysOptions) error) *cobra.Command {
	o := &configKeysOptions{streams: s}
	c := &cobra.Command{
		Use:   "keys [SECTION]",
		Short: "List the keys of a recipe",
		Long: `List every key of a recipe, or those of a section: its type, its default, the
variable that sets it, and what it means.

Exit codes: 0 done; 2 there is no such section.`,
		Example: `  acol config keys
  acol config keys train.optimizer
  acol config keys --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.Prefix = args[0]
			}
			return runF(o)
		},
	}
	c.Flags().BoolVar(&o.JSON, "json", false, "print one JSON object a key")
	return c
}

// keyLine is a key in JSON.
type keyLine struct {
	Key     string `json:"key"`
	Type    string `json:"type"`
	Default string `json:"default"`
	Env     string `json:"env"`
	Doc     string `json:"doc"`
}

func runConfigKeys(o *configKeysOptions) error {
	var keys []recipe.Key
	for _, k := range recipe.Keys() {
		if o.Prefix == "" || k.Name == o.Prefix || strings.HasPrefix(k.Name, o.Prefix+".") {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return hinted{usagef("no key or section %q", o.Prefix), "acol config keys lists all of them"}
	}
	enc := json.NewEncoder(o.streams.Out)
	enc.SetEscapeHTML(false)
	for i, k := range keys {
		var err error
		if o.JSON {
			err = enc.Encode(keyLine{k.Name, k.Type, k.Default, k.Env, k.Doc})
		} else {
			err = printKey(o.streams.Out, k, i == 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// printKey writes a key as a paragraph.
func printKey(w io.Writer, k recipe.Key, first bool) error {
	if !first {
		fmt.Fprintln(w)
	}
	_, err := fmt.Fprintf(w, "%s\n    %s\n    %s, default %s, %s\n", k.Name, k.Doc, k.Type, k.Default, k.Env)
	return err
}

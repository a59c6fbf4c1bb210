package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"acol/internal/recipe"
	"acol/internal/visible"
)

func newConfigCmd(s *streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Check recipes, print them in full, explain their keys",
		Example: `  acol config check configs/cub16-squeezenet-pp.yaml
  acol config show configs/cub16-squeezenet-pp.yaml --set train.epochs=3
  acol config keys localize`,
		Args: subcommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newConfigCheckCmd(s, runConfigCheck), newConfigShowCmd(s, runConfigShow),
		newConfigKeysCmd(s, runConfigKeys))
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
		Use:   "check RECIPE...",
		Short: "Say what is wrong with a recipe",
		Long: `Say everything that is wrong with a recipe: keys that do not exist, values of the
wrong type, values that are out of range or contradict each other, and files and
folders that are not there. Each problem names the key, the line and, where there
is one, the nearest key that exists. ACOL_* variables and --set count as they do
in training. Keys that change nothing, such as betas with sgd, are warnings.

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
	addSetFlag(c, &o.Set, "override a key of the recipe, `KEY=VALUE`; may be repeated")
	c.Flags().BoolVar(&o.SkipPaths, "skip-paths", false, "do not look whether data and weights exist")
	return c
}

func runConfigCheck(o *configCheckOptions) error {
	var all []error
	for _, file := range o.Files {
		rec, err := recipe.Load(recipe.Options{File: file, Set: o.Set, Env: o.streams.Env})
		if err == nil {
			err = checkRecipeLayers(rec)
		}
		if err == nil {
			err = o.streams.Ranks.checkBatch(rec.Train)
		}
		if err == nil && !o.SkipPaths {
			err = recipe.CheckPaths(rec, recipe.DataPaths|recipe.WeightsPath)
		}
		if err != nil {
			all = append(all, wrongRecipe{file, err})
			continue
		}
		if err := printLast(o.streams.Out, "%s: ok\n", file); err != nil {
			return err
		}
		warnIdle(o.streams, rec)
	}
	return errors.Join(all...)
}

// warnIdle says which keys of a recipe are set and change nothing.
func warnIdle(s *streams, rec *recipe.Recipe) {
	for _, key := range rec.Idle() {
		s.say("warning: %s", key)
	}
}

// wrongRecipe is what is wrong with a file, below a line that names it.
type wrongRecipe struct {
	file string
	err  error
}

// Error returns the lines of Lines.
func (w wrongRecipe) Error() string { return strings.Join(w.Lines(), "\n") }

// Lines returns a line with the file's name and those of its problems.
func (w wrongRecipe) Lines() []string {
	return append([]string{w.file + " is not right:"}, visible.Lines(w.err)...)
}

// Unwrap returns what is wrong.
func (w wrongRecipe) Unwrap() error { return w.err }

type configShowOptions struct {
	streams *streams
	File    string
	Set     []string
	Explain bool
}

func newConfigShowCmd(s *streams, runF func(*configShowOptions) error) *cobra.Command {
	o := &configShowOptions{streams: s}
	c := &cobra.Command{
		Use:   "show [RECIPE]",
		Short: "Print every key of a recipe with its value",
		Long: `Print every key of a recipe with the value that it has in a training, as YAML.
--set wins over ACOL_* variables, they win over the file, and the file wins over
the defaults. Without RECIPE the defaults are printed.

Exit codes: 0 done; 2 the recipe is wrong.`,
		Example: `  acol config show configs/cub16-squeezenet-pp.yaml --set train.epochs=3
  acol config show runs/cub16-squeezenet-pp/recipe.yaml
  acol config show --explain > recipe.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.File = args[0]
			} else if len(o.Set) > 0 {
				err := usagef("--set needs a recipe to override")
				return hinted{err, "acol config show RECIPE --set KEY=VALUE"}
			}
			return runF(o)
		},
	}
	addSetFlag(c, &o.Set, "override a key of the recipe, `KEY=VALUE`; may be repeated")
	c.Flags().BoolVar(&o.Explain, "explain", false, "print the explanation of each key above it")
	return c
}

func runConfigShow(o *configShowOptions) error {
	rec := recipe.Default()
	if o.File != "" {
		var err error
		rec, err = recipe.Load(recipe.Options{File: o.File, Set: o.Set, Env: o.streams.Env})
		if err != nil {
			return err
		}
	}
	if o.Explain {
		return recipe.WriteExplained(o.streams.Out, rec)
	}
	return recipe.Write(o.streams.Out, rec)
}

type configKeysOptions struct {
	streams *streams
	Name    string
	Long    bool
	JSON    bool
}

func newConfigKeysCmd(s *streams, runF func(*configKeysOptions) error) *cobra.Command {
	o := &configKeysOptions{streams: s}
	c := &cobra.Command{
		Use:   "keys [KEY|SECTION]",
		Short: "Explain the keys of a recipe",
		Long: `List the keys of a recipe, or those of a section, each with its default and one
sentence that says what it is. Of a single key, or with --long of all, everything
is printed: what it is, what to choose when, which values it takes, its default
and the variable that sets it. docs/recipe.md has the same for all keys.

The last words of a name are enough: ema for train.ema, or lr_heads.

Exit codes: 0 done; 2 there is no such key or section.`,
		Example: `  acol config keys
  acol config keys optimizer
  acol config keys model.branches.deltas
  acol config keys --json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeName,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.Name = args[0]
			}
			return runF(o)
		},
	}
	c.Flags().BoolVar(&o.Long, "long", false, "print all that there is to say of each key")
	c.Flags().BoolVar(&o.JSON, "json", false, "print one JSON object a key")
	return c
}

// completeName lets the shell complete the name of a key or section.
func completeName(
	_ *cobra.Command, args []string, text string,
) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return explained(recipe.CompleteName(text)), cobra.ShellCompDirectiveNoFileComp
}

// keyLine is a key in JSON.
type keyLine struct {
	Key         string   `json:"key"`
	Type        string   `json:"type"`
	Default     string   `json:"default"`
	Choices     []string `json:"choices,omitempty"`
	Suggestions []string `json:"suggestions,omitempty"`
	Env         string   `json:"env"`
	Summary     string   `json:"summary"`
	Doc         string   `json:"doc"`
}

func runConfigKeys(o *configKeysOptions) error {
	keys := recipe.KeysNamed(o.Name)
	if len(keys) == 0 {
		return hinted{unknownKey(o.Name), "acol config keys lists all of them"}
	}
	switch {
	case o.JSON:
		enc := newJSONLines(o.streams.Out)
		for _, k := range keys {
			line := keyLine{k.Name, k.Type, k.Default, k.Choices, k.Suggestions, k.Env, k.Summary(), k.Doc}
			if err := enc.Encode(line); err != nil {
				return err
			}
		}
		return nil
	case o.Long || len(keys) == 1:
		return recipe.WriteLong(o.streams.Out, keys)
	}
	return recipe.WriteList(o.streams.Out, keys)
}

// unknownKey is the error of a name that no key has, with the key that was most likely meant.
func unknownKey(name string) error {
	same, near := meantKeys(name, "")
	if keys := slices.Concat(same, near); len(keys) > 0 {
		return usagef("no key or section %q; did you mean %s?", name, strings.Join(keys, " or "))
	}
	return usagef("no key or section %q", name)
}

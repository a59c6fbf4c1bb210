package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"acol/internal/data"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/run"
)

// flagCompletions are what the shell offers for the values of flags, by the flag's name and, where
// commands have different flags of one name, the command's. A command's own completion goes first.
var flagCompletions = []struct {
	command string // "" for all
	flag    string
	offer   cobra.CompletionFunc
}{
	{"eval", "compare", completeRun},
	{"sweep", "compare", fixedWords("gt", "ge")},
	{"sweep", "fusion", fixedWords("positive", "all")},
	{"bench", "mode", fixedWords(modeTrain, modeInfer, modeBoth)},
	{"convert", "to", fixedWords(data.Writable()...)},
	{"export", "to", fixedWords(exportFormats...)},
	{"", "run", completeRun},
	{"", "checkpoint", completeCheckpoint},
	{"", "config", completeRecipe},
	{"", "split", completeSplit},
	{"", "splits", completeSplits},
}

// argumentCompletions are what the shell offers for the arguments of commands, by their paths.
var argumentCompletions = map[string]cobra.CompletionFunc{
	"acol config check":   completeRecipe,
	"acol config show":    completeRecipe,
	"acol data show":      completeRecipe,
	"acol eval":           completeRun, // the second run of --compare
	"acol inspect":        completeInspected,
	"acol report":         completeRun,
	"acol serve":          completeRun,
	"acol init":           completeFolder,
	"acol train":          completeTrained,
	"acol weights export": completeRun,
	"acol weights get":    completeWeights,
}

// addCompletions gives the commands below c what the shell offers for their flags and arguments.
func addCompletions(c *cobra.Command) {
	for _, sub := range c.Commands() {
		addCompletions(sub)
	}
	if offer := argumentCompletions[c.CommandPath()]; offer != nil && c.ValidArgsFunction == nil {
		c.ValidArgsFunction = offer
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		for _, row := range flagCompletions {
			if row.flag != f.Name || row.command != "" && row.command != c.Name() {
				continue
			}
			if _, own := c.GetFlagCompletionFunc(f.Name); !own {
				_ = c.RegisterFlagCompletionFunc(f.Name, row.offer)
			}
			return
		}
	})
}

// fixedWords offers fixed words.
func fixedWords(list ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
}

// beginning are the words that begin with a text.
func beginning(list []string, text string) []string {
	var out []string
	for _, w := range list {
		if strings.HasPrefix(w, text) {
			out = append(out, w)
		}
	}
	return out
}

// completeRun offers the runs below runs, or files where none begins so.
func completeRun(_ *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, f := range run.List(runsFolder) {
		names = append(names, string(f))
	}
	return beginning(names, text), cobra.ShellCompDirectiveDefault
}

// runOf is the run that the flags so far name, or the newest; "" where there is none.
func runOf(c *cobra.Command) run.Folder {
	if f := c.Flags().Lookup("run"); f != nil && f.Value.String() != "" {
		folder, _, _ := run.Named(f.Value.String())
		return folder
	}
	folder, _ := run.Newest(runsFolder)
	return folder
}

// completeCheckpoint offers the models that the run has, or files.
func completeCheckpoint(
	c *cobra.Command, _ []string, text string,
) ([]string, cobra.ShellCompDirective) {
	var have []string
	f := runOf(c)
	for _, which := range []string{"last", "best"} {
		if _, err := os.Stat(f.Checkpoint(which)); f == "" || err == nil {
			have = append(have, which)
		}
	}
	return beginning(have, text), cobra.ShellCompDirectiveDefault
}

// completeRecipe offers the recipes that are here, or files where none begins so.
func completeRecipe(
	_ *cobra.Command, _ []string, text string,
) ([]string, cobra.ShellCompDirective) {
	offered := beginning(recipesHere(), text)
	if text != "" { // those in the program are many
		offered = append(offered, beginning(builtInNames(), text)...)
	}
	return offered, cobra.ShellCompDirectiveDefault
}

// completeTrained offers what a training takes: recipes, or runs where it is to go on. Where none
// begins so the shell offers files.
func completeTrained(
	c *cobra.Command, args []string, text string,
) ([]string, cobra.ShellCompDirective) {
	if c.Flags().Changed("resume") {
		return completeRun(c, args, text)
	}
	return completeRecipe(c, args, text)
}

// completeFolder offers folders.
func completeFolder(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// splitsHere are the splits that the data of the command's recipe or run have; all there can be
// where it is not known.
func splitsHere(c *cobra.Command) []string {
	var rec *recipe.Recipe
	if f := c.Flags().Lookup("config"); f != nil && f.Changed {
		rec, _ = recipe.Load(recipe.Options{File: f.Value.String(), Env: os.Environ()})
	} else if c.Flags().Lookup("run") != nil {
		if f := runOf(c); f != "" {
			rec, _ = f.Recipe(nil, os.Environ())
		}
	}
	if rec != nil {
		if have := splitsOf(rec.Data); len(have) > 0 {
			return have
		}
	}
	return data.SplitName("").Choices()
}

// completeSplit offers splits.
func completeSplit(c *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
	return beginning(splitsHere(c), text), cobra.ShellCompDirectiveNoFileComp
}

// completeSplits offers splits between commas.
func completeSplits(
	c *cobra.Command, _ []string, text string,
) ([]string, cobra.ShellCompDirective) {
	at := strings.LastIndexByte(text, ',') + 1
	given := strings.Split(text[:at], ",")
	var out []string
	for _, name := range beginning(splitsHere(c), text[at:]) {
		if !slices.Contains(given, name) {
			out = append(out, text[:at]+name)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// explained adds to names of keys, each with or without the = behind it, their explanations, which
// most shells show beside the names.
func explained(names []string) []string {
	summary := map[string]string{}
	for _, k := range recipe.Keys() {
		summary[k.Name] = k.Summary()
	}
	for i, name := range names {
		if s := summary[strings.TrimSuffix(name, "=")]; s != "" {
			names[i] = cobra.CompletionWithDesc(name, s)
		}
	}
	return names
}

// publishedNames are the names of the weights that are published.
func publishedNames() []string {
	var names []string
	for _, f := range model.PublishedFiles() {
		names = append(names, f.Name)
	}
	return names
}

// completeWeights offers the names of published weights that are not given yet.
func completeWeights(
	_ *cobra.Command, args []string, text string,
) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, f := range model.PublishedFiles() {
		if strings.HasPrefix(f.Name, text) && !slices.Contains(args, f.Name) {
			what := fmt.Sprintf("%.0f MiB, top-1 %.1f %%", f.MiB, f.Top1)
			names = append(names, cobra.CompletionWithDesc(f.Name, what))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeInspected offers runs, recipes and networks, or files.
func completeInspected(
	_ *cobra.Command, _ []string, text string,
) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, f := range run.List(runsFolder) {
		names = append(names, string(f))
	}
	names = append(append(names, recipesHere()...), publishedNames()...)
	if text != "" {
		names = append(names, builtInNames()...)
	}
	return beginning(names, text), cobra.ShellCompDirectiveDefault
}

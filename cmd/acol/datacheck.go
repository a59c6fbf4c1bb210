package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"acol/cmd/acol/help"
	"acol/internal/datacheck"
	"acol/internal/recipe"
	"acol/internal/train"
)

type dataCheckOptions struct {
	streams *streams
	Config  string
	Set     []string
	Splits  []string
	Quick   bool
	JSON    bool
	Show    int
	Workers int
}

func newDataCheckCmd(
	s *streams, runF func(context.Context, *dataCheckOptions) error,
) *cobra.Command {
	o := &dataCheckOptions{streams: s}
	c := &cobra.Command{
		Use:   "check",
		Short: "Find what is wrong with a data set before a long training",
		Long: `Find what is wrong with the data set of a recipe before a long training. Every list
is read to its end, every image is decoded, and the splits are compared with each
other. This is what the check finds:

` + kindsHelp() + `
--quick reads only the header and the end of each image. It does not find damage
inside a file, nor images of the same content.

--json prints one JSON object for each finding (severity, kind, split, image, file,
line, message) and a last one with a summary.

Exit codes: 0 nothing or only notes were found; 1 the check failed; 2 wrong flags or recipe;
4 errors were found; 5 warnings, but no errors; 130 interrupted.`,
		Example: `  acol data check --config configs/cub-resnet50-pp.yaml
  acol data check --config recipe.yaml --quick --splits train
  acol data check --set data.format=cub --set data.root=/data/CUB_200_2011
  acol data check --config recipe.yaml --json | jq -r 'select(.kind == "missing").file'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case o.Show < 0 || o.Show > mostShown:
				return usagef("--show: %d is not in 0 to %d", o.Show, mostShown)
			case o.Workers < 0 || o.Workers > train.MaxWorkers:
				return usagef("--workers: %d is not in 0 to %d", o.Workers, train.MaxWorkers)
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	recipeFlags(c, &o.Config, &o.Set, &o.Splits)
	f.BoolVar(&o.Quick, "quick", false, "read only the header and the end of each image")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object for each finding and one with a summary")
	f.IntVar(&o.Show, "show", 5, "number of examples `N` to print of each kind of finding")
	f.IntVar(&o.Workers, "workers", 0, "number of images `N` to decode at once; 0 is one a processor")
	return c
}

// mostShown bounds --show: examples are kept in memory until the end.
const mostShown = 1_000_000

// recipeFlags adds the flags of commands that read the data of a recipe.
func recipeFlags(c *cobra.Command, config *string, set, splits *[]string) {
	f := c.Flags()
	f.StringVarP(config, "config", "c", "",
		"recipe `FILE`, or the name of one in the program (default: the defaults of all keys, "+
			"and --set)")
	addSetFlag(c, set, "override a key of the recipe, `KEY=VALUE`; may be repeated")
	f.StringSliceVar(splits, "splits", nil,
		"only these `SPLITS` of train, val and test (default: all that the recipe names)")
}

// kindsHelp lists what is found, by severity.
func kindsHelp() string {
	var b strings.Builder
	const docAt = 31 // the column of the explanations
	for _, k := range datacheck.Kinds {
		severity, kind := string(k.Severity), string(k.Kind)
		for _, doc := range help.Wrap(k.Doc, help.Width-docAt) {
			printf(&b, "  %-7s  %-18s  %s\n", severity, kind, doc)
			severity, kind = "", ""
		}
	}
	return b.String()
}

func runDataCheck(ctx context.Context, o *dataCheckOptions) error {
	rec, err := recipe.Load(recipe.Options{File: o.Config, Set: o.Set, Env: o.streams.Env})
	if err != nil {
		return err
	}
	if _, err := rec.Data.Named(o.Splits); err != nil {
		return usageError{err}
	}
	bar := newProgress(o.streams, "checking", "images")
	defer bar.done()
	listed := o.streams.saySlow("reading the lists")
	opt := datacheck.Options{Quick: o.Quick, Workers: o.Workers, Splits: o.Splits}
	opt.Progress = func(done, total int) {
		listed()
		bar.update(done, total)
	}
	examples := map[datacheck.Kind][]datacheck.Finding{}
	enc := newJSONLines(o.streams.Out)
	opt.Report = func(f datacheck.Finding) error {
		if o.JSON {
			return enc.Encode(f)
		}
		if len(examples[f.Kind]) < o.Show {
			examples[f.Kind] = append(examples[f.Kind], f)
		}
		return nil
	}
	sum, err := datacheck.Run(ctx, rec.Data, opt)
	listed()
	if err != nil {
		return fmt.Errorf("checking data: %w", err)
	}
	bar.done()
	if o.JSON {
		err = enc.Encode(map[string]any{"summary": sum})
	} else {
		err = printCheck(o.streams.Out, sum, examples)
	}
	if err == nil && sum.Errors+sum.Warnings > 0 {
		err = foundError{errors: sum.Errors > 0}
	}
	return err
}

// printCheck writes the summary for people.
func printCheck(
	w io.Writer, sum *datacheck.Summary, examples map[datacheck.Kind][]datacheck.Finding,
) error {
	for _, s := range sum.Splits {
		several := ""
		if s.Masked > 0 {
			several = fmt.Sprintf(", %d with masks", s.Masked)
		}
		if s.Several > 0 {
			several += fmt.Sprintf(", %d with several labels", s.Several)
		}
		boxes := "no boxes"
		if s.Boxes > 0 {
			boxes = fmt.Sprintf("%d with %d boxes", s.Boxed, s.Boxes)
		}
		printf(w, "%s: %s of %d classes, %s%s\n", s.Name, counted(s.Images, "image"), s.Classes, boxes,
			several)
	}
	for _, k := range datacheck.Kinds {
		n := sum.Counts[k.Kind]
		if n == 0 {
			continue
		}
		printf(w, "\n%s: %s, %s: %s\n", k.Severity, k.Kind, times(n), k.Doc)
		for _, f := range examples[k.Kind] {
			printf(w, "    %s\n", describeFinding(f))
		}
		if more := n - len(examples[k.Kind]); more > 0 {
			printf(w, "    … and %d more: --json lists all\n", more)
		}
	}
	return printLast(w, "\n%s, %s, %s in %s\n", counted(sum.Errors, "error"),
		counted(sum.Warnings, "warning"), counted(sum.Notes, "note"), counted(sum.Images, "image"))
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return strconv.Itoa(n) + " times"
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// describeFinding is one line: where and what.
func describeFinding(f datacheck.Finding) string {
	where := f.File
	if f.Line > 0 {
		where += ":" + strconv.Itoa(f.Line)
	}
	switch {
	case f.Image != "" && f.Line == 0:
		where = f.Split + " " + f.Image
	case where == "" && f.Split != "":
		where = f.Split
	case where == "":
		return f.Message
	}
	return where + ": " + f.Message
}

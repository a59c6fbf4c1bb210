package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"acol/internal/model"
	"acol/internal/nearest"
	"acol/internal/recipe"
	"acol/internal/weights"
)

type inspectOptions struct {
	streams *streams
	File    string
	Set     []string
	Classes int
	Stats   bool
	JSON    bool
}

func newInspectCmd(s *streams, runF func(context.Context, *inspectOptions) error) *cobra.Command {
	o := &inspectOptions{streams: s}
	c := &cobra.Command{
		Use:   "inspect FILE|RUN|RECIPE|NETWORK",
		Short: "List the tensors of a weight file, or the layers of a model",
		Long: `List the tensors of a weight file, safetensors or PyTorch's .pth (none of whose
code is run): names, types, shapes and sizes, the file's metadata, whose names
they are, and totals. --stats reads the tensors too, one at a time, for the
least, the largest and the mean of their finite values and the number of NaN and
infinite ones.

Of a run's folder, a recipe or a network's name (resnet50) it lists the model's
layers instead: output, parameters, operations (a multiply-add is two) and
receptive field of each, the map's size, and the memory that it takes.

Exit codes: 0 done; 1 the file cannot be read; 2 wrong flags or arguments.`,
		Example: `  acol inspect runs/cub16-squeezenet-pp/last.safetensors
  acol inspect squeezenet1_1.pth --stats
  acol inspect runs/cub16-squeezenet-pp
  acol inspect resnet50 --classes 200 --set model.backbone.output_stride=16
  acol inspect model.safetensors --json | jq .total`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.File = args[0]
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	addSetFlag(c, &o.Set, "of a model: override a key of the recipe, `KEY=VALUE`; may be repeated")
	f.IntVar(&o.Classes, "classes", 0,
		"of a model: `N` classes (default: the run's or the data's, else 1000)")
	f.BoolVar(&o.Stats, "stats", false,
		"read the tensors for their minimum, maximum, mean, NaN and infinities")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object")
	return c
}

// weightFile is what inspect prints of a file.
type weightFile struct {
	File   string         `json:"file"`
	Format weights.Format `json:"format"`
	Bytes  int64          `json:"bytes"`
	// Key is the entry of a .pth that holds the tensors.
	Key string `json:"key,omitempty"`
	// Skipped lists the entries of a .pth that are no tensors.
	Skipped  []string          `json:"skipped,omitempty"`
	Metadata map[string]string `json:"metadata"`
	// Checksum says of a file's own checksum whether it is right, wrong or none is there.
	Checksum string `json:"checksum"`
	// Names says whose names the tensors have; Prefix stands in front of all of them.
	Names   string       `json:"names"`
	Prefix  string       `json:"prefix"`
	Tensors []tensorLine `json:"tensors"`
	Total   tensorTotal  `json:"total"`
}

type tensorLine struct {
	Name string `json:"name"`
	// Acol is the tensor's name in acol, where that is another.
	Acol       string         `json:"acol,omitempty"`
	DType      weights.DType  `json:"dtype"`
	Shape      []int          `json:"shape"`
	Parameters int64          `json:"parameters"`
	Bytes      int64          `json:"bytes"`
	Stats      *weights.Stats `json:"stats,omitempty"`
}

type tensorTotal struct {
	Tensors    int   `json:"tensors"`
	Parameters int64 `json:"parameters"`
	Bytes      int64 `json:"bytes"`
}

func runInspect(ctx context.Context, o *inspectOptions) error {
	rec, run, isModel, err := inspectedModel(o)
	if err != nil {
		return err
	}
	if isModel {
		return runInspectModel(o, rec, run)
	}
	if len(o.Set) > 0 || o.Classes != 0 {
		return usagef("--set and --classes are of a run, a recipe or a network: %s is none", o.File)
	}
	if info, err := os.Stat(o.File); err == nil && info.IsDir() {
		return hinted{
			fmt.Errorf("%s is a folder", o.File),
			"name a run's folder, which has a recipe.yaml, or a weight file",
		}
	}
	f, err := weights.OpenFile(o.File)
	if errors.Is(err, fs.ErrNotExist) {
		if near := nearest.Meant(o.File, publishedNames()); near != "" {
			return hinted{err, "did you mean the network " + near + "?"}
		}
		return hinted{
			err, "name a weight file, a run's folder, a recipe, or a network such as resnet50",
		}
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	w, err := readWeightFile(ctx, o, f)
	if err != nil {
		return err
	}
	err = f.Verify(ctx)
	switch {
	case f.Info().Sum == "":
		w.Checksum = "none"
	case err == nil:
		w.Checksum = "right"
	case errors.Is(err, weights.ErrDamaged):
		w.Checksum = "wrong"
		err = fmt.Errorf("inspecting %s: %w", o.File, err)
	default:
		return fmt.Errorf("inspecting %s: %w", o.File, err)
	}
	if o.JSON {
		return errors.Join(printJSON(o.streams.Out, w), err)
	}
	return errors.Join(w.print(o.streams.Out, o.Stats), err)
}

func runInspectModel(o *inspectOptions, rec *recipe.Recipe, run string) error {
	if o.Stats {
		return usagef("--stats is of a weight file")
	}
	r, err := inspectModel(o, rec, run)
	if err != nil {
		return err
	}
	if o.JSON {
		return printJSON(o.streams.Out, r)
	}
	return r.print(o.streams.Out)
}

func readWeightFile(ctx context.Context, o *inspectOptions, f *weights.File) (*weightFile, error) {
	info := f.Info()
	w := &weightFile{
		File: o.File, Format: info.Format, Bytes: info.Size, Key: info.Key, Skipped: info.Skipped,
		Metadata: f.Metadata(), Tensors: []tensorLine{},
	}
	names, renamed := weights.NamesOf(f, model.Schemes())
	w.Names, w.Prefix = names.Scheme, names.Prefix
	for i, e := range f.Entries() {
		line := tensorLine{
			Name: e.Name, Acol: renamed[e.Name], DType: e.DType, Shape: append([]int{}, e.Shape...),
			Parameters: e.Parameters, Bytes: e.Bytes,
		}
		if o.Stats && e.DType.Size() > 0 {
			if err := ctx.Err(); err != nil {
				return nil, fmt.Errorf("inspecting %s: %w", o.File, err)
			}
			t, err := f.Tensor(i)
			if err != nil {
				return nil, fmt.Errorf("inspecting %s: %w", o.File, err)
			}
			stats, err := t.Stats()
			if err != nil {
				return nil, fmt.Errorf("inspecting %s: %s: %w", o.File, e.Name, err)
			}
			line.Stats = &stats
		}
		w.Tensors = append(w.Tensors, line)
		w.Total.Tensors++
		w.Total.Parameters += e.Parameters
		w.Total.Bytes += e.Bytes
	}
	return w, nil
}

// print writes a table, the metadata and the totals.
func (w *weightFile) print(out io.Writer, stats bool) error {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	printf(tw, "tensor\tdtype\tshape\tparameters")
	names := slices.ContainsFunc(w.Tensors, func(t tensorLine) bool { return t.Acol != "" })
	if stats {
		printf(tw, "\tmin\tmax\tmean\tNaN\tinf")
	}
	if names {
		printf(tw, "\tin acol")
	}
	printf(tw, "\n")
	for _, t := range w.Tensors {
		printf(tw, "%s\t%s\t%s\t%d",
			oneLine(t.Name), oneLine(string(t.DType)), shapeText(t.Shape), t.Parameters)
		if s := t.Stats; s != nil {
			printf(tw, "\t%.4g\t%.4g\t%.4g\t%d\t%d", s.Min, s.Max, s.Mean, s.NaN, s.Inf)
		}
		if names {
			printf(tw, "\t%s", oneLine(t.Acol))
		}
		printf(tw, "\n")
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(w.Metadata)) {
		printf(out, "metadata %s: %s\n", oneLine(k), oneLine(w.Metadata[k]))
	}
	if w.Key != "" {
		printf(out, "tensors are under %s\n", oneLine(w.Key))
	}
	if len(w.Skipped) > 0 {
		printf(out, "no tensors, left out: %s\n", oneLine(weights.Abbreviate(w.Skipped)))
	}
	if w.Checksum != "none" {
		printf(out, "checksum of the tensors: %s\n", w.Checksum)
	}
	if w.Names != "acol" {
		printf(out, "names: %s\n", w.Names)
	}
	return printLast(out,
		"%s: %s, %d tensors, %d parameters, %d bytes of them in a file of %d\n",
		w.File, w.Format, w.Total.Tensors, w.Total.Parameters, w.Total.Bytes, w.Bytes)
}

// shapeText is a shape as PyTorch's users write it: (64,3,7,7), and () for a scalar.
func shapeText(shape []int) string {
	parts := make([]string, len(shape))
	for i, n := range shape {
		parts[i] = strconv.Itoa(n)
	}
	return "(" + strings.Join(parts, ",") + ")"
}

// lineWidth is as much of a text from a file as goes on a line.
const lineWidth = 200

// oneLine makes text from a file fit for a line of a terminal: without control
// characters, and not too long.
func oneLine(s string) string {
	q := []rune(strconv.Quote(s))
	q = q[1 : len(q)-1]
	if len(q) > lineWidth {
		q = append(q[:lineWidth], '…')
	}
	return strings.ReplaceAll(string(q), `\"`, `"`)
}

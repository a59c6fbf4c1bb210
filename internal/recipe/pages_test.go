package recipe

import (
	"bytes"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the pages that are made from the explanations")

func TestPagesAreCurrent(t *testing.T) {
	for file, write := range map[string]func(io.Writer) error{
		"../../docs/recipe.md":         WriteMarkdown,
		"../../configs/annotated.yaml": WriteAnnotated,
	} {
		var want bytes.Buffer
		if err := write(&want); err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(file, want.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), string(got)); diff != "" {
			t.Errorf("%s is stale, run go generate ./internal/recipe:\n%s", file, diff)
		}
		for line := range strings.Lines(want.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 100 {
				t.Errorf("%s: a line of %d columns: %s", file, n, line)
			}
		}
	}
}

func TestTheAnnotatedRecipeIsTheDefaults(t *testing.T) {
	r, err := Load(Options{File: "../../configs/annotated.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Name, want.Train.Out = "annotated", "runs/annotated"
	want.Data.Root, want.Data.Metadata = r.Data.Root, r.Data.Metadata
	if changes := Changes(want, r); len(changes) > 0 {
		t.Errorf("differs from the defaults: %v", changes)
	}
	if again := Changes(r, want); len(again) > 0 {
		t.Error(again)
	}
}

func TestAnExplainedRecipeLoadsToItself(t *testing.T) {
	for _, set := range [][]string{
		nil,
		{"name=bird", "data.classes=007,a: b", "model.branches.kinds=ppn", "model.branches.deltas=0.1,0.2"},
		{"model.backbone.arch=inception", "model.backbone.depth=v3"},
		{"model.backbone.arch=inception", "model.backbone.depth=v3", "data.mean=0.1,0.2,0.3"},
		{"train.out=elsewhere", "localize.colormap=gray", "eval.class=7"},
	} {
		r, err := load(t, minimal, set, nil)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := WriteExplained(&b, r); err != nil {
			t.Fatal(err)
		}
		again, err := load(t, b.String(), nil, nil)
		if diff := cmp.Diff(r, again); err != nil || diff != "" {
			t.Errorf("%q: %v (-written +read):\n%s", set, err, diff)
		}
	}
}

func TestKeysThatFollowOthersAreCommentedOut(t *testing.T) {
	explained := func(set ...string) string {
		r, err := load(t, minimal, set, nil)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := WriteExplained(&b, r); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	usual := explained()
	for _, want := range []string{"\nname: x\n", "\n  #mean: [0.485, ", "\n  #std: [0.229, ", "\n  #out: runs/x\n"} {
		if !strings.Contains("\n"+usual, want) {
			t.Errorf("no %q in\n%s", want, usual)
		}
	}
	own := explained("train.out=here", "data.mean=0.1,0.2,0.3", "name=acol")
	for _, want := range []string{"\n#name: acol\n", "\n  mean: [0.1, ", "\n  #std: ", "\n  out: here\n"} {
		if !strings.Contains("\n"+own, want) {
			t.Errorf("no %q in\n%s", want, own)
		}
	}
}

package recipe

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// written is what Write makes of r.
func written(t testing.TB, r *Recipe) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAWrittenRecipeLoadsToItself(t *testing.T) {
	r, err := load(t, minimal, []string{
		"name=1e3", "model.backbone.arch=squeezenet", "model.backbone.depth=1.1", "model.branches.kinds=ppnp",
		"model.branches.deltas=0.1,0.30000000000000004,1e-7", "data.classes=007,null,~,true,a: b, - x,ü", "data.root= lead",
		`data.test="#"`, "train.seed=18446744073709551615", "train.optimizer.lr_backbone=1e-12", "train.optimizer.lr_heads=123.456789",
		"train.schedule.name=step", "train.schedule.steps=1,2", "localize.class=017", "localize.panel=true", "train.out=yes",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := written(t, r)
	again, err := load(t, text, nil, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(r, again); diff != "" {
		t.Errorf("(-written +read):\n%s\n%s", diff, text)
	}
	if second := written(t, again); second != text {
		t.Errorf("the second writing differs:\n%s", cmp.Diff(text, second))
	}
}

func TestKeysAreWrittenInTheOrderOfTheStructs(t *testing.T) {
	text := written(t, Default())
	for _, want := range []string{
		"name: acol\nmodel:\n  backbone:\n    arch: resnet\n    depth: \"18\"\n    variant: \"\"\n    width: 1\n",
		"    deltas: [0.6]\n",
		"  classes: []\n",
		"train:\n  epochs: 30\n  batch_size: 32\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if got := strings.Count(text, "\n"); got != len(keys)+len(sections(schema)) {
		t.Errorf("%d lines, want one for each of %d keys and %d sections", got, len(keys), len(sections(schema)))
	}
}

func sections(f *field) []*field {
	var out []*field
	for _, c := range f.children {
		if c.section() {
			out = append(append(out, c), sections(c)...)
		}
	}
	return out
}

func TestWhatCannotBeReadAgainIsNotLoadedSilently(t *testing.T) {
	r := Default()
	r.Data.Root, r.Data.Metadata = "a", "b"
	r.Train.ClipNorm = math.NaN()
	if _, err := load(t, written(t, r), nil, nil); err == nil || !strings.Contains(err.Error(), "train.clip_norm: .nan is not a number") {
		t.Errorf("got %v", err)
	}
}

package recipe

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// minimal is the least that a recipe has to say.
const minimal = "data: {root: images, metadata: meta}\n"

// write puts a recipe into a folder of its own and gives its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// load reads text as x.yaml.
func load(t *testing.T, text string, set, env []string) (*Recipe, error) {
	t.Helper()
	return Load(Options{File: write(t, text), Set: set, Env: env})
}

func TestSourcesWinInTheirOrder(t *testing.T) {
	const file = minimal + "train: {epochs: 5}\n"
	for _, tc := range []struct {
		name     string
		file     string
		set, env []string
		want     int
	}{
		{"default", minimal, nil, nil, 30},
		{"file over default", file, nil, nil, 5},
		{"environment over file", file, nil, []string{"ACOL_TRAIN_EPOCHS=6"}, 6},
		{"set over environment", file, []string{"train.epochs=7"}, []string{"ACOL_TRAIN_EPOCHS=6"}, 7},
		{"last set wins", file, []string{"train.epochs=7", "train.epochs=8"}, nil, 8},
		{"empty variable counts as not set", file, nil, []string{"ACOL_TRAIN_EPOCHS="}, 5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := load(t, tc.file, tc.set, tc.env)
			if err != nil {
				t.Fatal(err)
			}
			if r.Train.Epochs != tc.want {
				t.Errorf("epochs = %d, want %d", r.Train.Epochs, tc.want)
			}
		})
	}
}

func TestUntouchedKeysKeepTheirDefaults(t *testing.T) {
	r, err := load(t, minimal, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Name, want.Train.Out = "x", filepath.Join("runs", "x")
	want.Data.Root, want.Data.Metadata = "images", "meta"
	for _, k := range keys {
		if diff := cmp.Diff(k.get(want), k.get(r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", k.path, diff)
		}
	}
}

func TestRunFolderFollowsTheName(t *testing.T) {
	for _, tc := range []struct {
		text, name, out string
	}{
		{minimal, "x", "runs/x"},
		{minimal + "name: bird\n", "bird", "runs/bird"},
		{minimal + "name: bird\ntrain: {out: elsewhere}\n", "bird", "elsewhere"},
	} {
		r, err := load(t, tc.text, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Name != tc.name || filepath.ToSlash(r.Train.Out) != tc.out {
			t.Errorf("%q: name %s, out %s, want %s, %s", tc.text, r.Name, r.Train.Out, tc.name, tc.out)
		}
	}
}

func TestTheScaleOfTheInputFollowsTheBackbone(t *testing.T) {
	imageNet := [2][]float64{{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}}
	half := [2][]float64{{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}}
	own := [2][]float64{{0.1, 0.2, 0.3}, {0.4, 0.5, 0.6}}
	const ownText = "mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6]"
	for _, tc := range []struct {
		backbone, data string
		set            []string
		want           [2][]float64
	}{
		{"arch: resnet, depth: 50", "", nil, imageNet},
		{"arch: efficientnet, depth: b4", "", nil, imageNet},
		{"arch: googlenet, depth: v1", "", nil, half},
		{"arch: googlenet, depth: v1, variant: torchvision", "", nil, half},
		{"arch: googlenet, depth: v1, variant: bvlc", "", nil, imageNet},
		{"arch: inception, depth: v3", "", nil, half},
		{"arch: inception, depth: v3, variant: wsol", "", nil, imageNet},
		{"arch: inception, depth: v3, weights: mine.pth", "", nil, half},
		{"arch: inception, depth: v3", ownText, nil, own},
		{"arch: inception, depth: v3", "mean: [0.1, 0.2, 0.3]", nil, [2][]float64{own[0], half[1]}},
		{"arch: inception, depth: v3", "", []string{"data.mean=0.1,0.2,0.3", "data.std=0.4,0.5,0.6"}, own},
		{"depth: 50", "", []string{"model.backbone.arch=inception", "model.backbone.depth=v3"}, half},
		{"arch: inception, depth: v3", "", []string{"model.backbone.variant=wsol"}, imageNet},
	} {
		r, err := load(t, "data: {root: images, metadata: meta, "+tc.data+"}\nmodel: {backbone: {"+tc.backbone+"}}\n", tc.set, nil)
		if err != nil {
			t.Errorf("%s: %v", tc.backbone, err)
			continue
		}
		if diff := cmp.Diff(tc.want, [2][]float64{r.Data.Mean, r.Data.Std}); diff != "" {
			t.Errorf("{%s} with data {%s} and %q (-want +got):\n%s", tc.backbone, tc.data, tc.set, diff)
		}
	}
}

func TestListsAreReplacedWhole(t *testing.T) {
	const text = minimal + "model: {branches: {kinds: ppp, deltas: [0.1, 0.2]}}\n"
	r, err := load(t, text, []string{"model.branches.kinds=pp", "model.branches.deltas=0.9"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float64{0.9}, r.Model.Branches.Deltas); diff != "" {
		t.Error(diff)
	}
}

func TestDepthAndClassTakeBareNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"depth: 18": "18", `depth: "18"`: "18", "depth: 1.1, arch: squeezenet": "1.1", "depth: '1.1', arch: squeezenet": "1.1",
	} {
		r, err := load(t, minimal+"model: {backbone: {"+text+"}}\nlocalize: {class: 3}\n", nil, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if r.Model.Backbone.Depth != want || r.Localize.Class != "3" {
			t.Errorf("%s: depth %q, class %q, want %q, 3", text, r.Model.Backbone.Depth, r.Localize.Class, want)
		}
	}
}

func TestAnEmptyFileIsAllDefaults(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "model:\ndata:\n  # root: x\n", "---\n"} {
		if _, err := load(t, text, []string{"data.root=a", "data.metadata=b"}, nil); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAMissingRecipeNamesTheNearest(t *testing.T) {
	path := write(t, minimal)
	typo := filepath.Join(filepath.Dir(path), "x.yml")
	_, err := Load(Options{File: typo})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v is no fs.ErrNotExist", err)
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%T is no *Error", err)
	}
	if want := "recipe " + show(typo) + " does not exist; did you mean " + path + "?"; err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestUnreadableFilesAreErrors(t *testing.T) {
	dir := t.TempDir()
	for _, hint := range []string{
		"acol init makes a recipe for a folder of photographs",
		"did you mean " + filepath.Join(dir, "recipe.yaml") + "?",
	} {
		want := dir + " is a folder, not a recipe; " + hint
		if _, err := Load(Options{File: dir}); err == nil || err.Error() != want {
			t.Errorf("a folder: %v, want %s", err, want)
		}
		if err := os.WriteFile(filepath.Join(dir, "recipe.yaml"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	big := write(t, strings.Repeat("# filler\n", maxBytes/9+1))
	if _, err := Load(Options{File: big}); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("a big file: %v", err)
	}
}

func TestAKeyOfAnEarlierVersionIsReadFromASavedRunAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "old.yaml")
	text := minimal + "model: {branches: {recipe: pnp, deltas: [0.5, 0.6]}}\n"
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := Load(Options{File: file, Saved: true})
	if err != nil {
		t.Fatal(err)
	}
	if r.Model.Branches.Kinds != "pnp" {
		t.Errorf("kinds %q of a saved recipe, want pnp", r.Model.Branches.Kinds)
	}
	want := "model.branches.recipe: a key of an earlier version"
	_, err = Load(Options{File: file})
	var e *Error
	if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), want) || e.Problems[0].Hint != "it is called model.branches.kinds now" {
		t.Errorf("of a user's recipe: %v, want %s with the new name", err, want)
	}
	if _, err := Load(Options{Set: []string{"model.branches.recipe=p"}}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("of --set: %v, want %s", err, want)
	}
}

func TestLongListsGiveShortMessages(t *testing.T) {
	many := "[" + strings.Repeat("7.5,", 20_000) + "7.5]"
	whole := "[" + strings.Repeat("-1,", 20_000) + "-1]"
	long := strings.Repeat("x", 100_000)
	file := write(t, minimal)
	for _, set := range []string{
		"model.branches.deltas=" + many, "data.mean=" + many, "data.augment.scale=" + many,
		"model.loss.class_weights=" + whole, "train.schedule.steps=" + whole,
		"train.hide_and_seek.grids=" + whole, "data.format=" + long, "train.kernels=" + long,
		"model.branches.kinds=" + long, "model.backbone.arch=" + long, "model.backbone.depth=" + long,
		"train.epochs=" + long, long + "=1", "train." + long + "=1",
	} {
		_, err := Load(Options{File: file, Set: []string{set}})
		if err == nil || len(err.Error()) > 10_000 {
			t.Errorf("%.40s…: a message of %d bytes: %.300s", set, len(fmt.Sprint(err)), err)
		}
	}
}

func TestTheDepthFollowsTheFamily(t *testing.T) {
	for _, tc := range []struct {
		backbone string
		set      []string
		want     string
	}{
		{"width: 1", nil, "18"},
		{"arch: resnet", nil, "18"},
		{"arch: squeezenet", nil, "1.1"},
		{"arch: vgg", nil, "16"},
		{"arch: mobilenet", nil, "v2"},
		{"arch: googlenet", nil, "v1"},
		{"arch: efficientnet", nil, "b0"},
		{"arch: squeezenet, depth: 1.0", nil, "1.0"},
		{"arch: squeezenet", []string{"model.backbone.arch=convnext"}, "tiny"},
		{"arch: squeezenet", []string{"model.backbone.depth=1.0"}, "1.0"},
	} {
		text := minimal + "model: {backbone: {" + tc.backbone + "}}\n"
		r, err := load(t, text, tc.set, nil)
		if err != nil {
			t.Errorf("%s: %v", tc.backbone, err)
			continue
		}
		if got := r.Model.Backbone.Depth; got != tc.want {
			t.Errorf("%s %v: depth %q, want %q", tc.backbone, tc.set, got, tc.want)
		}
	}
	_, err := load(t, minimal+"model: {backbone: {arch: squeezent}}\n", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "squeezenet") || strings.Contains(err.Error(), "depth") {
		t.Errorf("an unknown family gives %v, want its nearest name and nothing of a depth", err)
	}
}

func TestARecipeThatOnlyMeasuresNeedsNoTrainingSplit(t *testing.T) {
	const only = "data: {root: images, metadata: meta, train: \"\"}\n"
	if _, err := load(t, only, nil, nil); err != nil {
		t.Errorf("without data.train: %v", err)
	}
	_, err := load(t, only, []string{"data.val=", "data.test="}, nil)
	if err == nil || !strings.Contains(err.Error(), "data.train: is empty, as data.val and data.test are") {
		t.Errorf("without any split: %v", err)
	}
}

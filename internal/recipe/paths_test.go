package recipe

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckPathsNamesKeyAndPath(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, d := range []string{"data/CUB_200_2011/images", "meta"} {
		if err := os.MkdirAll(filepath.FromSlash(d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("w.pth", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		set   func(*Recipe)
		which Paths
		want  []string
	}{
		{"all there", func(r *Recipe) {}, DataPaths | WeightsPath, nil},
		{"typo", func(r *Recipe) { r.Data.Root = "data/CUB_200_2010" }, DataPaths,
			[]string{"data.root: data/CUB_200_2010 does not exist; did you mean data/CUB_200_2011?"}},
		{"typo above", func(r *Recipe) { r.Data.Root = "dta/CUB_200_2011/images" }, DataPaths,
			[]string{"data.root: dta/CUB_200_2011/images does not exist; did you mean data/CUB_200_2011/images?"}},
		{"nothing near", func(r *Recipe) { r.Data.Root = "elsewhere/birds" }, DataPaths,
			[]string{"data.root: elsewhere/birds does not exist; pass where it lies with --set data.root=PATH"}},
		{"file for a folder", func(r *Recipe) { r.Data.Metadata = "w.pth" }, DataPaths,
			[]string{"data.metadata: w.pth is not a folder"}},
		{"file for a folder of masks", func(r *Recipe) { r.Data.Masks = "w.pth" }, DataPaths,
			[]string{"data.masks: w.pth is not a folder"}},
		{"metadata of another format", func(r *Recipe) { r.Data.Format, r.Data.Metadata = "cub", "none" }, DataPaths, nil},
		{"folder for a file", func(r *Recipe) { r.Model.Backbone.Weights = "meta" }, WeightsPath,
			[]string{"model.backbone.weights: meta is a folder, not a file"}},
		{"weights not asked for", func(r *Recipe) { r.Model.Backbone.Weights = "none" }, DataPaths, nil},
		{"no weights", func(r *Recipe) { r.Model.Backbone.Weights = "" }, WeightsPath, nil},
		{"several", func(r *Recipe) { r.Data.ClassNames, r.Model.Backbone.Weights = "n.txt", "w.pt" }, DataPaths | WeightsPath,
			[]string{"data.class_names: n.txt does not exist; pass where it lies with --set data.class_names=PATH",
				"model.backbone.weights: w.pt does not exist; did you mean w.pth?"}},
		{"below a file", func(r *Recipe) { r.Data.Root = "w.pth/x" }, DataPaths,
			[]string{"data.root: stat w.pth/x: not a directory"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := Default()
			r.Data.Root, r.Data.Metadata, r.Model.Backbone.Weights = "data/CUB_200_2011", "meta", "w.pth"
			tc.set(r)
			err := CheckPaths(r, tc.which)
			if len(tc.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if want := strings.Join(tc.want, "\n"); err == nil || err.Error() != want {
				t.Errorf("got\n%v\nwant\n%s", err, want)
			}
			if strings.Contains(tc.want[0], "does not exist") && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v is no fs.ErrNotExist", err)
			}
		})
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acol/internal/sources"
)

func TestOutputsHaveNamesOfTheirOwn(t *testing.T) {
	t.Chdir(t.TempDir())
	inputs := []*sources.Image{{Path: "in/a.jpg"}, {Path: "in/A.png"}, {Path: "in/s/a.jpg", Sub: "s"}, {Path: "in/.jpg"}, {Path: "in/a.panel.jpg"}}
	for _, in := range inputs {
		touch(t, in.Path)
	}
	for out, want := range map[string][]string{
		"out":       {"out/a.png", "out/A-2.png", "out/s/a.png", "out/image.png", "out/a.panel.png"},
		"in":        {"in/a.acol.png", "in/A-2.acol.png", "in/s/a.acol.png", "in/image.acol.png", "in/a.panel.acol.png"},
		"in/../in/": {"in/a.acol.png", "in/A-2.acol.png", "in/s/a.acol.png", "in/image.acol.png", "in/a.panel.acol.png"},
	} {
		n, err := newOutputNames(out, inputs)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, in := range inputs {
			got = append(got, filepath.ToSlash(claim(t, n, in, ".png")))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("--out %s (-want +got):\n%s", out, d)
		}
		// The panel of a.jpg has the name of a.panel.jpg's overlay.
		if got := filepath.ToSlash(claim(t, n, inputs[0], ".panel.png")); out == "out" && got != "out/a-2.panel.png" {
			t.Errorf("the panel is %s", got)
		}
	}
}

func TestOutputNamesThroughLinks(t *testing.T) {
	t.Chdir(t.TempDir())
	touch(t, "real/a.png")
	for link, to := range map[string]string{"link": "real", "b.png": "real/a.png"} {
		if err := os.Symlink(to, link); err != nil {
			t.Skip("no links here:", err)
		}
	}
	for _, tc := range []struct{ in, out, want string }{
		{"real/a.png", "link", "link/a.acol.png"},
		{"link/a.png", "real", "real/a.acol.png"},
		{"b.png", "real", "real/b.acol.png"},
		{"b.png", "new", "new/b.png"},
	} {
		n, err := newOutputNames(tc.out, []*sources.Image{{Path: tc.in}})
		if err != nil {
			t.Fatal(err)
		}
		if got := filepath.ToSlash(claim(t, n, &sources.Image{Path: tc.in}, ".png")); got != tc.want {
			t.Errorf("%s into %s: %s, want %s", tc.in, tc.out, got, tc.want)
		}
	}
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
}

func claim(t *testing.T, n *outputNames, in *sources.Image, suffix string) string {
	t.Helper()
	path, err := n.claim(in, suffix)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestClassesBecomeSafeFileNames(t *testing.T) {
	for class, want := range map[string]string{
		"017.Cardinal":           "017.Cardinal",
		"n01440764 tench, Tinca": "n01440764_tench__Tinca",
		"../../etc/passwd":       ".._.._etc_passwd",
		"Größe\x00\n":            "Größe__",
	} {
		if got := fileWord(class); got != want {
			t.Errorf("%q: %q, want %q", class, got, want)
		}
	}
	if got := fileWord(strings.Repeat("ö", 500)); len(got) > 64 || !strings.HasSuffix(got, "ö") {
		t.Errorf("a long name: %q", got)
	}
}

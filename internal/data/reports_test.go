package data

import (
	"path/filepath"
	"strings"
	"testing"

	"acol/internal/box"
	"acol/internal/data/datatest"
)

// TestReportsOfTheField reads the inputs of public bug reports, each in its folder: either the
// boxes of every image, in the order of the images, and what a survey says; or the error.
func TestReportsOfTheField(t *testing.T) {
	usual := box.Box{X0: 10, Y0: 8, X1: 39, Y1: 29} // COCO's 10, 8, 30, 22
	small := box.Box{X0: 4, Y0: 4, X1: 19, Y1: 19}
	both := []box.Box{usual, small, usual, small}
	for _, tc := range []struct {
		folder, format string
		boxes          []box.Box
		found, err     string
	}{
		{
			folder: "F14-coco-null-bbox", format: "coco",
			err: "train.json:1: annotations[0]: bbox has null where a number belongs",
		},
		{
			folder: "F15-coco-zero-area", format: "coco", boxes: []box.Box{{}, usual, usual, usual},
			found: "bbox [10 8 0 22] has no area and is left out",
		},
		{
			folder: "F16-coco-size-minus-one", format: "coco",
			boxes: []box.Box{usual, usual, usual, usual},
		},
		{
			folder: "F17-coco-whole-floats", format: "coco",
			boxes: []box.Box{usual, usual, usual, usual},
		},
		{folder: "F10-voc-encoding", format: "voc", boxes: both},
		{folder: "F11-voc-names-with-spaces", format: "voc", boxes: both},
		{folder: "F11b-voc-subfolder-png", format: "voc", boxes: both},
		{
			folder: "F12-voc-box-left-of-image", format: "voc",
			boxes: []box.Box{{X0: 0, Y0: 4, X1: 29, Y1: 29}, small, usual, small},
			found: `box (-1,5)-(30,30) of "cat" is clipped to the image of 64x48 pixels`,
		},
		{folder: "F13-voc-float-size", format: "voc", boxes: both},
	} {
		t.Run(tc.folder, func(t *testing.T) {
			dir := filepath.Join(datatest.Shared(t), "data", "reports", tc.folder, "data")
			cfg := DefaultConfig()
			cfg.Format, cfg.Root = Format(tc.format), dir
			if tc.format == "coco" {
				cfg.Root, cfg.Metadata = filepath.Join(dir, "img"), dir
			}
			if tc.err != "" {
				wantError(t, cfg, "train", tc.err)
				return
			}
			var found []string
			s, err := Survey(cfg, "train", func(p *Problem) { found = append(found, p.Reason()) })
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(found, "\n"); got != tc.found {
				t.Errorf("found %q, want %q", got, tc.found)
			}
			if len(s.Samples) != len(tc.boxes) {
				t.Fatalf("%d images, want %d", len(s.Samples), len(tc.boxes))
			}
			for i, x := range s.Samples {
				if x.Width != 64 || x.Height != 48 {
					t.Errorf("%s has %dx%d pixels, want 64x48", x.ID, x.Width, x.Height)
				}
				var b box.Box
				if len(x.Boxes) > 0 {
					b = x.Boxes[0]
				}
				if b != tc.boxes[i] {
					t.Errorf("%s has the box %v, want %v", x.ID, b, tc.boxes[i])
				}
			}
			if _, err := Open(cfg, "train"); err != nil {
				t.Error(err)
			}
		})
	}
}

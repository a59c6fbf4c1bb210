package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/data/synth"
	"acol/internal/npy"
)

// Maps that are blurred masks become better masks, and no worse boxes.
func TestRefinedMapsAreNearerToTheMasks(t *testing.T) {
	dir := t.TempDir()
	check(t, synth.Make(dir, synth.Options{
		Classes: 2, Train: 2, Val: 2, Test: 6, Size: 64, Seed: 5, Masks: true,
	}))
	root, lists := filepath.Join(dir, synth.Root), filepath.Join(dir, synth.Metadata)
	cfg := data.DefaultConfig()
	cfg.Root, cfg.Metadata = root, lists
	split, err := data.Open(cfg, "test")
	check(t, err)
	maps := filepath.Join(dir, "maps")
	for i := range split.Samples {
		x := &split.Samples[i]
		const coarse, side = 6, 64
		object, _, err := x.Mask(side)
		check(t, err)
		low := cam.New(coarse, coarse)
		for i, set := range object {
			if set {
				low.V[i/side*coarse/side*coarse+i%side*coarse/side]++
			}
		}
		score := cam.Resize(low, side, side)
		cam.Normalize(score)
		file := filepath.Join(maps, filepath.FromSlash(x.ID)+".npy")
		check(t, os.MkdirAll(filepath.Dir(file), 0o777))
		check(t, npy.WriteFile(file, []int{side, side}, score.V))
	}
	var out bytes.Buffer
	args := []string{"--maps", maps, "--data", root, "--metadata", lists, "--thresholds", "0.5"}
	check(t, run(args, &out))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var threshold, iou, pxap, right, newIoU, newPxAP, newRight float64
	var n, found int
	_, err = fmt.Sscan(lines[len(lines)-1],
		&threshold, &iou, &pxap, &right, &n, &newIoU, &newPxAP, &newRight, &found)
	check(t, err)
	if newIoU < iou+5 || newPxAP < pxap || newRight < right || n != 6 || found != 6 {
		t.Errorf("\n%s", &out)
	}
	t.Logf("\n%s", &out)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

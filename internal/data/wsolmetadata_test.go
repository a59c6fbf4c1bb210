package data

import (
	"path/filepath"
	"strings"
	"testing"

	"acol/internal/data/datatest"
)

func TestMetadataAloneNeedNoImages(t *testing.T) {
	dir := t.TempDir()
	wsolSet(t, dir)
	for _, at := range []string{"meta", "meta/val"} {
		s, err := OpenMetadata(filepath.Join(dir, at), "val", "")
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Samples[0]; len(s.Samples) != 1 || got.Path != "" || got.Width != 50 ||
			len(got.Boxes) != 2 || got.Label != 1 {
			t.Errorf("%s: %+v", at, s.Samples)
		}
	}
	// Labels and boxes are optional; a box without a size is not.
	datatest.Put(t, dir, map[string]string{"bare/val/image_ids.txt": "a.jpg\n"})
	s, err := OpenMetadata(filepath.Join(dir, "bare"), "val", "")
	if err != nil || s.HasBoxes || s.Samples[0].Label != -1 {
		t.Errorf("bare metadata: %+v, %v", s, err)
	}
	datatest.Put(t, dir, map[string]string{"bare/val/localization.txt": "a.jpg,1,2,3,4\n"})
	if _, err := OpenMetadata(filepath.Join(dir, "bare"), "val", ""); err == nil ||
		!strings.Contains(err.Error(), `no size for image id "a.jpg"`) {
		t.Errorf("error %v", err)
	}
}

package eval

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"acol/internal/cam"
	"acol/internal/npy"
)

// path returns where the map of an image lies. Ids of metadata never leave the folder.
func (s *ScoreMaps) path(id string) string { return filepath.Join(s.Dir, mapName(id)) }

// mapName returns the file of an image's map below a folder of maps, as wsolevaluation names it.
func mapName(id string) string { return filepath.FromSlash(id) + ".npy" }

// SaveScoreMaps returns an Evaluator's Save that writes maps below a folder, for ScoreMaps and for
// wsolevaluation's loader.
func SaveScoreMaps(dir string) func(id string, score cam.Map) error {
	return func(id string, score cam.Map) error {
		if !filepath.IsLocal(mapName(id)) {
			return fmt.Errorf("saving the score map of %q: the id leaves the folder", id)
		}
		path := filepath.Join(dir, mapName(id))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return fmt.Errorf("saving score maps: %w", err)
		}
		return npy.WriteFile(path, []int{score.H, score.W}, score.V)
	}
}

// maxMapSide bounds the side of the maps that are resized, in pixels.
const maxMapSide = 1 << 13

// read reads the score map of an image. A map with a NaN becomes zeros, a constant one stays as it
// is; the state says so. That there is no map is errMissing.
func (s *ScoreMaps) read(id string) (cam.Map, cam.State, error) {
	path := s.path(id)
	a, err := npy.ReadFile(path, maxMapSide*maxMapSide)
	if errors.Is(err, fs.ErrNotExist) {
		return cam.Map{}, 0, errMissing
	}
	if err != nil {
		return cam.Map{}, 0, err
	}
	if len(a.Shape) != 2 || a.Shape[0] < 1 || a.Shape[1] < 1 {
		return cam.Map{}, 0, fmt.Errorf("score map %s: shape %v, want (%d, %d)",
			path, a.Shape, s.Size, s.Size)
	}
	m := cam.Map{H: a.Shape[0], W: a.Shape[1], V: a.Float64s()}
	sized := m.H == s.Size && m.W == s.Size
	if !sized && !s.Resize {
		return m, 0, fmt.Errorf("score map %s: is %dx%d, want %dx%d "+
			"(--resize takes maps of other sizes)", path, m.H, m.W, s.Size, s.Size)
	}
	state := look(m)
	switch {
	case state == cam.NaN:
		return cam.New(s.Size, s.Size), state, nil
	case !sized && state == cam.Constant:
		// All that resizing would put into it are the cubic's rounding errors.
		return cam.New(s.Size, s.Size), state, nil
	case !sized:
		m = cam.Resize(m, s.Size, s.Size)
		return m, cam.Normalize(m), nil
	case s.Normalize:
		return m, cam.Normalize(m), nil
	}
	for i, v := range m.V {
		if !(v >= 0 && v <= 1) {
			return m, 0, fmt.Errorf("score map %s: value %g at row %d, column %d, want [0,1] "+
				"(--normalize takes maps of any values)", path, v, i/m.W, i%m.W)
		}
	}
	return m, state, nil
}

// look returns the state of a map that was not normalised.
func look(m cam.Map) cam.State {
	state := cam.Constant
	for _, v := range m.V {
		switch {
		case v != v:
			return cam.NaN
		case v != m.V[0]:
			state = cam.OK
		}
	}
	return state
}

// extra returns the number of .npy files that belong to no image: all but those that were found.
func (s *ScoreMaps) extra(found int) (int, error) {
	n := 0
	count := func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(e.Name(), ".npy") {
			n++
		}
		return err
	}
	err := filepath.WalkDir(s.Dir+string(filepath.Separator), count)
	if err != nil {
		return 0, fmt.Errorf("counting score maps: %w", err)
	}
	return max(0, n-found), nil
}

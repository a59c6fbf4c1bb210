package sources

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"

	"acol/internal/hub"
)

// Image is an image that was found, or what an argument names instead.
type Image struct {
	// Name is what results and messages call the image: its path, its address without a password,
	// or stdin.
	Name string
	// Path is the file. Of an image from elsewhere it is a file name to name outputs after, which
	// is safe on every system.
	Path string
	// Sub is the folder below the output folder that the image's outputs belong in.
	Sub string
	// Err says why it cannot be read, where that is known before trying.
	Err error

	bring func(context.Context, *os.File) error // nil for a file
	temp  *temp
	mu    sync.Mutex
	file  string // the file that stands for the image, once it was brought
}

// The most that an image from elsewhere may take: bytes, and time for an address.
const (
	maxBytes = 1 << 28
	maxTime  = 2 * time.Minute
)

// Remote reports whether the image is no file of the user's: it comes from an address or from
// standard input.
func (im *Image) Remote() bool { return im.bring != nil }

// File returns the path of a file with the image, which it brings first where that is needed. It
// may be called from several goroutines.
func (im *Image) File(ctx context.Context) (string, error) {
	if im.Err != nil {
		return "", im.Err
	}
	if !im.Remote() {
		return im.Path, nil
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.file != "" {
		return im.file, nil
	}
	f, err := im.temp.create()
	if err != nil {
		return "", fmt.Errorf("keeping %s: %w", im.Name, err)
	}
	err = im.bring(ctx, f)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(f.Name())
		return "", err
	}
	im.file = f.Name()
	return im.file, nil
}

// Release removes the file that stands for an image from elsewhere. An address is asked again if
// the image is wanted after that.
func (im *Image) Release() {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.file != "" {
		_ = os.Remove(im.file)
		im.file = ""
	}
}

// stdin is the image on standard input.
func (s *Set) stdin() *Image {
	im := &Image{Name: "stdin", Path: "stdin", temp: s.temp}
	if s.read {
		im.Err = errTwice
	}
	s.read = true
	im.bring = func(ctx context.Context, f *os.File) error {
		if err := s.copyStdin(ctx, f); err != nil {
			return fmt.Errorf("reading standard input: %w", err)
		}
		return nil
	}
	return im
}

// isAddress reports whether an argument begins as an address does, and not as a path.
func isAddress(arg string) bool {
	scheme, _, found := strings.Cut(arg, "://")
	return found && scheme != "" && !strings.ContainsFunc(scheme, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r)
	})
}

// address is the image that an address gives.
func (s *Set) address(arg string) *Image {
	im := &Image{Name: hub.Shown(arg), Path: safeName(arg), temp: s.temp}
	im.bring = func(ctx context.Context, f *os.File) error {
		return hub.Copy(ctx, arg, f, hub.Bounds{Bytes: maxBytes, Time: maxTime})
	}
	return im
}

// safeName makes a file name of the last part of an address: letters, digits and . - _ alone, no
// dot at its ends, not too long, and none of the names that Windows keeps for devices.
func safeName(address string) string {
	const longest = 60
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(".-_", r) {
			return r
		}
		return '_'
	}, hub.LastPart(address))
	if runes := []rune(name); len(runes) > longest {
		name = string(runes[:longest])
	}
	name = strings.Trim(name, ".")
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	switch {
	case strings.Trim(name, "_.") == "":
		return "image"
	case stem == "CON", stem == "PRN", stem == "AUX", stem == "NUL",
		len(stem) == 4 && (strings.HasPrefix(stem, "COM") || strings.HasPrefix(stem, "LPT")):
		return "_" + name
	}
	return name
}

// temp is a folder for images from elsewhere. It is made when the first one comes.
type temp struct {
	mu  sync.Mutex
	dir string
}

func (t *temp) create() (*os.File, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dir == "" {
		dir, err := os.MkdirTemp("", "acol-")
		if err != nil {
			return nil, err
		}
		t.dir = dir
	}
	return os.CreateTemp(t.dir, "image-")
}

func (t *temp) remove() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dir != "" {
		_ = os.RemoveAll(t.dir)
		t.dir = ""
	}
}

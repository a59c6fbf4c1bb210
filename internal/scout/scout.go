// Package scout looks at a folder of photographs and finds out how its labels are written: as the
// names of folders, in lists, or in files of annotations. It reads no more of an image than its
// name, and changes nothing.
package scout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"acol/internal/brief"
	"acol/internal/data"
)

// The shares of the training images that val and test get where a data set has none.
const (
	valShare  = 0.2
	testShare = 0.2
)

// Part is what a split of a data set has.
type Part struct {
	Images, Boxed int
}

// Found is a data set that was found in a folder.
type Found struct {
	// Kind says in a few words how the labels are written.
	Kind string
	// Data are the keys of the data section of a recipe that differ from the defaults, laid over
	// these.
	Data data.Config
	// Classes are the names of the classes, by label.
	Classes []string
	// Least and Most are the numbers of training images of the class with the fewest and of that
	// with the most; Rarest is the name of the former.
	Least, Most int
	Rarest      string
	// Several says that at least one image shows several classes.
	Several          bool
	Train, Val, Test Part
	// Sample is one of the images of each class, at most 8 in all.
	Sample []string
	// Side is the largest side of the images of Sample, in pixels; 0 where none can be read.
	Side int
	// Notes say what could not be used, a line each.
	Notes []string
}

// Images is the number of images of all splits.
func (f *Found) Images() int { return f.Train.Images + f.Val.Images + f.Test.Images }

// Errors of Look that callers tell apart.
var (
	// ErrNoImages is of a folder without an image that acol reads.
	ErrNoImages = errors.New("no images")
	// ErrNoLabels is of a folder of images about which nothing says what they show.
	ErrNoLabels = errors.New("no labels")
	// ErrOneClass is of a folder whose images are all of one class.
	ErrOneClass = errors.New("one class alone")
)

// Look finds out what data set a folder is. Of several ways to read it, the first that works for at
// least half of the images is taken: annotations and lists come before the names of folders.
func Look(dir string) (*Found, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file: name the folder of the photographs", dir)
	}
	t, err := walk(filepath.Clean(dir))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s does not exist", dir)
	case err != nil:
		return nil, fmt.Errorf("looking at %s: %w", dir, err)
	}
	if t.all == 0 {
		return nil, fmt.Errorf("%s has %w that acol reads%s", dir, ErrNoImages, t.inAll())
	}
	var best *Found
	var why []string
	for _, g := range guesses(t.folder) {
		f, err := g.open()
		if err != nil {
			if !g.vague {
				why = append(why, fmt.Sprintf("%s: %v", g.kind, brief.Text(err.Error(), 300)))
			}
			continue
		}
		if best == nil || f.Images() > best.Images() {
			best = f
		}
		if 2*best.Images() >= t.all {
			break
		}
	}
	if best == nil {
		return nil, noLabels(dir, t, why)
	}
	if len(best.Classes) < 2 {
		return nil, oneClass(dir, best.Classes, why)
	}
	why = slices.DeleteFunc(why, func(s string) bool { return strings.HasPrefix(s, best.Kind+": ") })
	best.Notes = slices.Concat(why, best.Notes, t.notes(best))
	return best, nil
}

// oneClass says that a folder has one class, and why it is not read in another way.
func oneClass(dir string, classes, why []string) error {
	name := ""
	if len(classes) > 0 {
		name = ", " + brief.Quote(classes[0])
	}
	err := fmt.Errorf("%s has %w%s: it teaches nothing", dir, ErrOneClass, name)
	if len(why) > 0 {
		err = fmt.Errorf("%w; %s", err, strings.Join(why, "; "))
	}
	return err
}

// noLabels says that nothing tells what images show, and why what looked as if it did is of no use.
func noLabels(dir string, t *tree, why []string) error {
	err := fmt.Errorf("%w: %s has %d images, and nothing says what they show", ErrNoLabels, dir, t.all)
	if len(why) > 0 {
		err = fmt.Errorf("%w; %s", err, strings.Join(why, "; "))
	}
	return err
}

// inAll lists the pictures that are not read, as the end of a sentence.
func (t *tree) inAll() string {
	if len(t.unread) == 0 {
		return ""
	}
	return "; it has " + t.kinds()
}

// kinds lists how many pictures there are of each kind that is not read.
func (t *tree) kinds() string {
	var parts []string
	for _, ending := range unreadable {
		if n := t.unread[ending]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, ending))
		}
	}
	return strings.Join(parts, ", ")
}

// notes say what of a folder a data set leaves out.
func (t *tree) notes(f *Found) []string {
	var notes []string
	if n := t.all - f.Images(); n > 0 {
		notes = append(notes, fmt.Sprintf("left out, without a label: %d of %d images", n, t.all))
	}
	if len(t.unread) > 0 {
		notes = append(notes, "acol does not read "+t.kinds()+": convert pictures to JPEG or PNG")
	}
	if t.cut {
		notes = append(notes, fmt.Sprintf("more than %d entries or %d levels of folders: "+
			"the rest was not looked at", maxEntries, maxDepth))
	}
	return notes
}

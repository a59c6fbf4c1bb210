package labels

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"acol/internal/atomicfile"
	"acol/internal/box"
	"acol/internal/choice"
	"acol/internal/data/pixels"
)

// Format is the name of a form that labels are written in.
type Format string

// The formats.
const (
	YOLO    Format = "yolo"
	COCO    Format = "coco"
	VOC     Format = "voc"
	Labelme Format = "labelme"
)

// Choices lists the formats.
func (Format) Choices() []string {
	return []string{string(YOLO), string(COCO), string(VOC), string(Labelme)}
}

// Picture is a picture with what is in it.
type Picture struct {
	// Name is the picture's path below the data set's folder of pictures, with slashes. The data
	// set may change it where another picture has that name, or where it is unfit for a file.
	Name string
	// Open opens the picture's file.
	Open func() (io.ReadCloser, error)
	// Info is the header of the file.
	Info *pixels.Info
	// Objects are what is in the picture.
	Objects []Object
}

// Object is a box with its class.
type Object struct {
	// Class is an index into the classes of the data set.
	Class int
	// Box is in pixels of the upright picture, both corners inclusive.
	Box box.Box
	// Probability of the class, in 0 to 1.
	Probability float64
}

// layout writes the files of one format.
type layout interface {
	// pictures is the folder of the pictures below the data set, with slashes.
	pictures() string
	// label writes what is known of one picture, which lies at name below pictures.
	label(name string, p *Picture) error
	// finish writes what is about all pictures.
	finish() error
	// bare says whether a picture without objects belongs into the data set.
	bare() bool
}

// Writer writes a data set. It is not safe for concurrent use.
type Writer struct {
	dir   string
	form  layout
	stems map[string]bool // in lower case: what must differ in more than the ending
	// Pictures and Objects are the numbers of those that were written; LeftOut is the number of
	// pictures that were not, because nothing is in them.
	Pictures, Objects, LeftOut int
}

// ErrTaken is the error of a folder that holds something already.
var ErrTaken = errors.New("is not empty")

// Check returns an error unless dir may become a data set: it is empty, or is not there.
func Check(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("writing labels: %w", err)
	case len(entries) > 0:
		return fmt.Errorf("writing labels: %s %w", dir, ErrTaken)
	}
	return nil
}

// Create begins a data set in the folder dir, which must be empty or not exist: labels that
// somebody has corrected are not overwritten. classes are the names of all classes. The folder
// appears with the first picture.
func Create(format Format, dir string, classes []string) (*Writer, error) {
	if err := choice.Check(format); err != nil {
		return nil, fmt.Errorf("writing labels: %w", err)
	}
	if err := Check(dir); err != nil {
		return nil, err
	}
	w := &Writer{dir: dir, stems: map[string]bool{}}
	switch format {
	case YOLO:
		w.form = &yolo{dir: dir, classes: classes}
	case COCO:
		w.form = &coco{dir: dir, classes: classes}
	case VOC:
		w.form = &voc{dir: dir, classes: classes}
	default:
		w.form = &labelme{dir: dir, classes: classes}
	}
	return w, nil
}

// Add copies a picture into the data set and writes its label. A picture without objects is left
// out, because a detector would learn from it that nothing is there; labelme gets the picture
// alone, to be labelled by hand.
func (w *Writer) Add(p *Picture) error {
	if len(p.Objects) == 0 && !w.form.bare() {
		w.LeftOut++
		return nil
	}
	name := w.unique(fit(p.Name, p.Info.Format))
	file := filepath.Join(w.dir, w.form.pictures(), filepath.FromSlash(name))
	if err := copyPicture(file, p); err != nil {
		return fmt.Errorf("writing labels: %w", err)
	}
	if err := w.form.label(name, p); err != nil {
		return fmt.Errorf("writing labels: %w", err)
	}
	w.Pictures++
	w.Objects += len(p.Objects)
	return nil
}

// Close writes the lists of the data set. What was added before is whole then. A data set without
// pictures has no files.
func (w *Writer) Close() error {
	if w.Pictures == 0 {
		return nil
	}
	if err := w.form.finish(); err != nil {
		return fmt.Errorf("writing labels: %w", err)
	}
	return nil
}

// unique makes a name differ from all others in more than its ending and the case of its letters.
func (w *Writer) unique(name string) string {
	ending := path.Ext(name)
	stem := strings.TrimSuffix(name, ending)
	free := stem
	for i := 2; w.stems[strings.ToLower(free)]; i++ {
		free = fmt.Sprintf("%s-%d", stem, i)
	}
	w.stems[strings.ToLower(free)] = true
	return free + ending
}

// fit makes a path fit for the lists of every format and for every system. Its elements are
// cleaned. No folder is called images, because readers of YOLO replace the last of that name by
// labels. A name without the ending of a picture gets that of its format.
func fit(name, format string) string {
	var kept []string
	for _, folder := range strings.Split(path.Dir(name), "/") {
		folder = clean(folder)
		if folder == "images" {
			folder = "images_"
		}
		if folder != "" {
			kept = append(kept, folder)
		}
	}
	base := path.Base(name)
	ending := path.Ext(base)
	if !pixels.IsImageName(base) {
		ending = "." + strings.Replace(format, "jpeg", "jpg", 1)
		base += ending
	}
	stem := clean(strings.TrimSuffix(base, ending))
	if stem == "" { // a file called .jpg
		stem = "image"
	}
	return strings.Join(append(kept, stem+ending), "/")
}

// clean takes from an element of a path control characters, what Windows forbids in names, blanks
// at its ends, and dots at its beginning, which hide a file or leave the folder.
func clean(element string) string {
	const forbidden = "<>:\"/\\|?*\u0085\u2028\u2029\u007f"
	element = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(forbidden, r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(element, "_"))
	return strings.TrimSpace(strings.TrimLeft(element, ". "))
}

// copyPicture copies the bytes of a picture to file.
func copyPicture(file string, p *Picture) error {
	from, err := p.Open()
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // it was only read
	return writeFile(file, func(to io.Writer) error {
		_, err := io.Copy(to, from)
		return err
	})
}

// writeFile writes a file and the folders that it is in.
func writeFile(file string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return atomicfile.Write(file, write)
}

// writeText writes a text file and the folders that it is in.
func writeText(file, text string) error {
	return writeFile(file, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// stored gives a box on the pixels as the file stores them.
func (p *Picture) stored(b box.Box) box.Box {
	w, h := p.Info.Oriented()
	return p.Info.Orientation.Stored(b, w, h)
}

// oneLine makes a text fit for a line of a list.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

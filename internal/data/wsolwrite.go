package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// writeWSOL writes wsolevaluation's lists, a folder below dir for each split. The files end without
// a newline, as wsolevaluation's own do.
func writeWSOL(dir string, splits []*Split) error {
	for _, s := range splits {
		for i := range s.Samples {
			x := &s.Samples[i]
			if strings.ContainsAny(x.ID, ",\r\n") {
				return fmt.Errorf("image id %q has a comma or a line break, "+
					"which wsolevaluation's lists cannot hold", x.ID)
			}
			if len(x.Labels) > 1 {
				return fmt.Errorf("image %s has %d labels; wsolevaluation's lists hold one, "+
					"COCO's JSON several", x.ID, len(x.Labels))
			}
		}
		if err := writeWSOLSplit(filepath.Join(dir, s.Name), s); err != nil {
			return err
		}
	}
	return nil
}

// writeWSOLSplit writes the lists of a split into the folder dir.
func writeWSOLSplit(dir string, s *Split) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	write := func(file string, lines func(x *Sample, line func(values ...any))) error {
		return writeLines(filepath.Join(dir, file), func(w *bufio.Writer) {
			var buf bytes.Buffer
			end := ""
			for i := range s.Samples {
				lines(&s.Samples[i], func(values ...any) {
					buf.Reset()
					buf.WriteString(end + s.Samples[i].ID)
					for _, v := range values {
						fmt.Fprintf(&buf, ",%v", v)
					}
					_, _ = w.Write(buf.Bytes()) // Flush tells
					end = "\n"
				})
			}
		})
	}
	return errors.Join(
		write(idsFile, func(_ *Sample, line func(...any)) { line() }),
		write(labelsFile, func(x *Sample, line func(...any)) { line(x.Label) }),
		write(sizesFile, func(x *Sample, line func(...any)) {
			if x.Width > 0 {
				line(x.Width, x.Height)
			}
		}),
		write(boxesFile, func(x *Sample, line func(...any)) {
			for _, b := range x.Boxes {
				line(b.X0, b.Y0, b.X1, b.Y1)
			}
			for i, mask := range x.Masks {
				ignore := ""
				if i == 0 {
					ignore = x.Ignore
				}
				line(mask, ignore)
			}
		}))
}

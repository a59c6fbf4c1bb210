package data

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// NamesFile is the file of class names beside the lists that Write writes, one name a line.
const NamesFile = "CLASSES"

// Writable are the names of the formats that Write takes.
func Writable() []string {
	var names []string
	for _, f := range formats {
		if f.write != nil {
			names = append(names, string(f.name))
		}
	}
	return names
}

// writerOf gives the row of a format that can be written.
func writerOf(to Format) (*format, error) {
	f, err := formatOf(to)
	if err != nil || f.write == nil {
		return nil, fmt.Errorf("writing format %q: want %s", to, strings.Join(Writable(), " or "))
	}
	return f, nil
}

// Write writes the lists of the splits of one data set below the folder dir, in one of the formats
// of Writable, and the names of its classes to NamesFile. Ids, and the paths of masks, go into the
// lists as the samples have them. What the format cannot say is an error.
func Write(dir string, to Format, splits []*Split) error {
	f, err := writerOf(to)
	if err != nil {
		return err
	}
	if err := f.write(dir, splits); err != nil {
		return err
	}
	return writeLines(filepath.Join(dir, NamesFile), func(w *bufio.Writer) {
		for _, name := range splits[0].Classes {
			_, _ = w.WriteString(name + "\n") // Flush tells
		}
	})
}

// writeLines writes a file through a buffer; what write puts in ends without a newline, as
// the reference's files do.
func writeLines(file string, write func(w *bufio.Writer)) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	write(w)
	return errors.Join(w.Flush(), f.Sync(), f.Close())
}

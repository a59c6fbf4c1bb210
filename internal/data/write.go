package data

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// NamesFile is the name of the file of class names that Write writes, one name a line.
const NamesFile = "CLASSES"

// Writable lists the names of the formats that Write can write.
func Writable() []string {
	var names []string
	for _, f := range formats {
		if f.write != nil {
			names = append(names, string(f.name))
		}
	}
	return names
}

// writerOf finds the row of a format, which must be one that can be written.
func writerOf(to Format) (*format, error) {
	f, err := formatOf(to)
	if err != nil || f.write == nil {
		return nil, fmt.Errorf("writing format %q: want %s", to, strings.Join(Writable(), " or "))
	}
	return f, nil
}

// Write writes the lists of the splits of one data set below the folder dir, in one of the
// formats of Writable, and the names of its classes to NamesFile. Ids and the paths of masks go
// into the lists as the samples have them. It is an error if the format cannot say what a sample
// holds.
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

// writeLines writes a file through a buffer. write may ignore the errors of the buffer, which are
// those of the result too.
func writeLines(file string, write func(w *bufio.Writer)) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	write(w)
	return errors.Join(w.Flush(), f.Sync(), f.Close())
}

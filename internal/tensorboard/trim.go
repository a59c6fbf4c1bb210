package tensorboard

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"acol/internal/atomicfile"
	"acol/internal/regular"
)

// Files lists the names of this package's event files in a folder, in their order; none where the
// folder cannot be read.
func Files(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if ok, _ := filepath.Match(filePattern, e.Name()); ok {
			names = append(names, e.Name())
		}
	}
	return names
}

// Trim removes events from the event files of this package in a folder: those that keep refuses, by
// the tag of their first value and their step, and what follows a damaged record, which a crash may
// have left. A file without an event is removed.
func Trim(dir string, keep func(tag string, step int) bool) error {
	for _, name := range Files(dir) {
		if err := trimFile(filepath.Join(dir, name), keep); err != nil {
			return fmt.Errorf("trimming %s: %w", name, err)
		}
	}
	return nil
}

// trimFile trims a file. It is written anew where it loses something.
func trimFile(path string, keep func(tag string, step int) bool) error {
	kept, lost, err := count(path, keep)
	switch {
	case err != nil:
		return err
	case kept == 0:
		return os.Remove(path)
	case !lost:
		return nil
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		_, err := each(path, func(data []byte) error {
			if tag, step, ok := eventOf(data); !ok || tag != "" && !keep(tag, step) {
				return nil
			}
			_, err := out.Write(appendRecord(nil, data))
			return err
		})
		return errors.Join(err, out.Flush())
	})
}

// count returns how many events of a file have a tag and are kept, and whether anything is lost.
func count(path string, keep func(tag string, step int) bool) (kept int, lost bool, err error) {
	damaged, err := each(path, func(data []byte) error {
		tag, step, ok := eventOf(data)
		switch {
		case !ok, tag != "" && !keep(tag, step):
			lost = true
		case tag != "":
			kept++
		}
		return nil
	})
	return kept, lost || damaged, err
}

// each calls do for the data of each record before a damaged one.
func each(path string, do func(data []byte) error) (damaged bool, err error) {
	f, err := regular.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	for {
		data, err := readRecord(in)
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case errors.Is(err, errDamaged):
			return true, nil
		case err != nil:
			return false, err
		}
		if err := do(data); err != nil {
			return false, err
		}
	}
}

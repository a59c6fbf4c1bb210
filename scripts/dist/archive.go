package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// entry is a file of an archive.
type entry struct {
	name    string // with slashes, from the archive's folder
	content []byte
	program bool // whether it may be run
}

// mode returns the permissions of the file.
func (e entry) mode() fs.FileMode {
	if e.program {
		return 0o755
	}
	return 0o644
}

// pages reads files, and all below folders, apart from what is hidden.
func pages(names ...string) ([]entry, error) {
	var out []entry
	for _, name := range names {
		err := filepath.WalkDir(name, func(p string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case strings.HasPrefix(d.Name(), "."):
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			case !d.Type().IsRegular():
				return nil
			}
			content, err := os.ReadFile(p)
			out = append(out, entry{name: filepath.ToSlash(p), content: content})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// writeArchive writes a zip file, or a tar file compressed by gzip, with all entries in one folder.
// It returns its path, which is base and an ending. The same entries give the same bytes.
func writeArchive(
	base, folder string, zipped bool, entries []entry, date time.Time,
) (string, error) {
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	var b bytes.Buffer
	name, write := base+".tar.gz", writeTar
	if zipped {
		name, write = base+".zip", writeZip
	}
	if err := write(&b, folder, sorted, date); err != nil {
		return "", err
	}
	return name, os.WriteFile(name, b.Bytes(), 0o666)
}

func writeTar(to io.Writer, folder string, entries []entry, date time.Time) error {
	packed, err := gzip.NewWriterLevel(to, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(packed)
	for _, e := range entries {
		err := w.WriteHeader(&tar.Header{
			Name: path.Join(folder, e.name), Mode: int64(e.mode()), Size: int64(len(e.content)),
			ModTime: date, Format: tar.FormatUSTAR,
		})
		if err != nil {
			return err
		}
		if _, err := w.Write(e.content); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return packed.Close()
}

func writeZip(to io.Writer, folder string, entries []entry, date time.Time) error {
	w := zip.NewWriter(to)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression)
	})
	for _, e := range entries {
		header := &zip.FileHeader{
			Name: path.Join(folder, e.name), Method: zip.Deflate, Modified: date,
		}
		header.SetMode(e.mode())
		f, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := f.Write(e.content); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeSums writes the SHA-256 of files as sha256sum does, by their names without folders.
func writeSums(to string, files []string) error {
	var b strings.Builder
	for _, file := range slices.Sorted(slices.Values(files)) {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(content), filepath.Base(file))
	}
	return os.WriteFile(to, []byte(b.String()), 0o666)
}

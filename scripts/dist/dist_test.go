package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var (
	someDate    = time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)
	someEntries = []entry{
		{"docs/page.md", []byte("page"), false}, {"acol", []byte{0x7f, 0, 1}, true},
	}
)

func archiveOf(t *testing.T, zipped bool) (string, []byte) {
	t.Helper()
	base := filepath.Join(t.TempDir(), "acol-v1-x-y")
	file, err := writeArchive(base, "acol-v1-x-y", zipped, someEntries, someDate)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return file, content
}

// packed is what a reader finds in an archive.
type packed struct {
	name, content string
	program       bool
	date          time.Time
}

var wantPacked = []packed{
	{"acol-v1-x-y/acol", "\x7f\x00\x01", true, someDate},
	{"acol-v1-x-y/docs/page.md", "page", false, someDate},
}

func TestATarHasAllEntriesSortedWithTheirModesAndOneDate(t *testing.T) {
	file, content := archiveOf(t, false)
	if !strings.HasSuffix(file, "acol-v1-x-y.tar.gz") {
		t.Error(file)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	var got []packed
	for r := tar.NewReader(unpacked); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, packed{h.Name, string(text), h.Mode == 0o755, h.ModTime.UTC()})
	}
	if !reflect.DeepEqual(got, wantPacked) {
		t.Errorf("got %v", got)
	}
}

func TestAZipHasAllEntriesSortedWithTheirModesAndOneDate(t *testing.T) {
	file, _ := archiveOf(t, true)
	r, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got []packed
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, packed{f.Name, string(text), f.Mode() == 0o755, f.Modified.UTC()})
	}
	if !reflect.DeepEqual(got, wantPacked) {
		t.Errorf("got %v", got)
	}
}

func TestTheSameEntriesGiveTheSameBytes(t *testing.T) {
	for _, zipped := range []bool{false, true} {
		_, first := archiveOf(t, zipped)
		time.Sleep(time.Millisecond)
		if _, second := archiveOf(t, zipped); !bytes.Equal(first, second) {
			t.Errorf("zipped %v: two archives differ", zipped)
		}
	}
}

func TestSumsAreThoseOfSha256sum(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for _, name := range []string{"b", "a"} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if err := writeSums(filepath.Join(dir, "sums"), files); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "sums"))
	want := fmt.Sprintf("%x  a\n%x  b\n", sha256.Sum256([]byte("a")), sha256.Sum256([]byte("b")))
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestAModuleWithoutALicenceIsAnError(t *testing.T) {
	dir := t.TempDir()
	var b bytes.Buffer
	if err := addLicences(&b, "example.org/x v1", dir); err == nil {
		t.Error("no error")
	}
	for name, text := range map[string]string{"LICENCE.txt": "do", "license_test.go": "not"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := addLicences(&b, "example.org/x v1", dir); err != nil {
		t.Fatal(err)
	}
	if want := "=== example.org/x v1: LICENCE.txt\n\ndo\n"; b.String() != want {
		t.Errorf("got %q, want %q", &b, want)
	}
}

// Package datatest holds what the tests of several packages of data sets build: files, photographs
// with EXIF orientation, and the folder of the development data.
package datatest

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// Shared is the folder of the development data: what ACOL_SHARED names, else the folder
// shared beside the repository. A test that finds no data there is skipped.
func Shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("ACOL_SHARED")
	if dir == "" {
		dir = filepath.Join(root(t), "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); err != nil {
		t.Skipf("no shared data at %s; ACOL_SHARED names another place", dir)
	}
	return dir
}

// root is the folder of the module, above the package under test.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			t.Fatal("no go.mod above the working folder")
		}
		dir = above
	}
}

// Put writes files below dir, by their paths with slashes, and makes the folders that they need.
func Put[T string | []byte](t testing.TB, dir string, files map[string]T) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// PNG encodes an image.
func PNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// JPEG encodes an image with an EXIF orientation of 1 to 8, its numbers in the byte order given;
// 0 writes no EXIF data, and then order may be nil.
func JPEG(t testing.TB, m image.Image, orientation uint16, order binary.AppendByteOrder) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	if orientation == 0 {
		return b.Bytes()
	}
	exif := []byte("Exif\x00\x00II*\x00")
	if order == binary.BigEndian {
		exif = []byte("Exif\x00\x00MM\x00*")
	}
	exif = order.AppendUint32(exif, 8)
	exif = order.AppendUint16(exif, 2)
	for _, entry := range [][2]uint16{{0x0100, 5}, {0x0112, orientation}} {
		exif = order.AppendUint16(exif, entry[0])
		exif = order.AppendUint16(exif, 3)
		exif = order.AppendUint32(exif, 1)
		exif = order.AppendUint16(exif, entry[1])
		exif = order.AppendUint16(exif, 0)
	}
	raw := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(exif)+2))
	return append(append(raw, exif...), b.Bytes()[2:]...)
}

// Disc is a picture of w x h pixels: a red disc on green, left of the middle.
func Disc(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetNRGBA(x, y, color.NRGBA{30, 140, uint8(x + y), 255})
			if dx, dy, r := x-w/3, y-h/2, h/4; dx*dx+dy*dy <= r*r {
				img.SetNRGBA(x, y, color.NRGBA{220, 40, 30, 255})
			}
		}
	}
	return img
}

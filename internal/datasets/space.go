package datasets

import (
	"fmt"
	"os"
	"path/filepath"
)

// Sizes sums up what parts take in bytes, as far as it is known: what is to be fetched, without
// archives that are there, and what that unpacks to.
func Sizes(parts []Part, dir string) (fetch, unpacked int64) {
	for _, p := range parts {
		if p.Bytes == 0 {
			continue
		}
		unpacked += p.Unpacked
		if _, err := os.Stat(filepath.Join(dir, p.Name)); err != nil {
			fetch += p.Bytes
		}
	}
	return fetch, unpacked
}

// enoughSpace is an error where the disk has less room than a set takes.
func (s *Set) enoughSpace(parts []Part, dir string) error {
	fetch, unpacked := Sizes(parts, dir)
	free, known := freeBytes(dir)
	if !known || free >= fetch+unpacked {
		return nil
	}
	return fmt.Errorf("%s has room for %s, and the %s takes %s: "+
		"%s of archives and %s of files",
		dir, Size(free), s.kind(), Size(fetch+unpacked), Size(fetch), Size(unpacked))
}

// Size is a number of bytes for people: 1.15 GB.
func Size(n int64) string {
	switch {
	case n >= 10*gB:
		return fmt.Sprintf("%.0f GB", float64(n)/gB)
	case n >= gB:
		return fmt.Sprintf("%.1f GB", float64(n)/gB)
	}
	return fmt.Sprintf("%.0f MB", float64(n)/mB)
}

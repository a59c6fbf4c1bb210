package datasets

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"

	"acol/internal/atomicfile"
	"acol/internal/regular"
)

// wholeHash matches the line of a file that sha256sum writes.
var wholeHash = regexp.MustCompile(`^([0-9a-fA-F]{64})(\s|$)`)

// readPin returns the hash that was noted in a file, "" where there is no such file.
func readPin(path string) (string, error) {
	f, err := regular.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading the hash of an archive: %w", err)
	}
	defer f.Close()
	const most = 1 << 12
	text, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return "", fmt.Errorf("reading the hash of an archive: %w", err)
	}
	found := wholeHash.FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("%s does not begin with the 64 digits of a SHA-256: "+
			"correct or remove it", path)
	}
	return string(found[1]), nil
}

// writePin notes an archive's hash as sha256sum does, so that sha256sum -c checks it.
func writePin(path, sum, name string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s  %s\n", sum, name)
		return err
	})
}

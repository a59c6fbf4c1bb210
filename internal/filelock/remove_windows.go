package filelock

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// Remove closes f, which has the file at path open, and removes the file. Windows removes no open
// file, and so none that another process has opened to lock it: then the file stays, and the error
// is ErrHeld. Any other error is that of os.Remove.
func Remove(f *os.File, path string) error {
	_ = f.Close()
	err := os.Remove(path)
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return fmt.Errorf("%w: %w", ErrHeld, err)
	}
	return err
}

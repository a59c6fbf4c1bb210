package atomicfile

import (
	"errors"

	system "golang.org/x/sys/windows"
)

// inTheWay reports whether a file could not be renamed because somebody has it or the old one open.
// Readers do, and programs that look for viruses or make an index: all of them for a moment.
func inTheWay(err error) bool {
	return errors.Is(err, system.ERROR_ACCESS_DENIED) ||
		errors.Is(err, system.ERROR_SHARING_VIOLATION)
}

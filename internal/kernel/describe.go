package kernel

import "fmt"

// Describe says in one line what a backend computes with.
func Describe(b Backend) string {
	lib := ""
	if l := b.Library(); l != "" {
		lib = ", " + l
	}
	threads := "threads"
	if b.Threads() == 1 {
		threads = "thread"
	}
	return fmt.Sprintf("%s %s%s, %s, %d %s", b.Name(), b.ISA(), lib, b.Precision(), b.Threads(), threads)
}

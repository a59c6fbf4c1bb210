package engine

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size in bytes of a large page.
const hugePage = 2 << 20

// largePages asks the system for large pages, so that kernels which walk over hundreds of megabytes
// miss less often in the cache of page tables. A system without them refuses, which does no harm.
func largePages(m []float32) {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(m)))
	skip := -start % hugePage
	size := uintptr(len(m)) * 4
	if size < skip+hugePage {
		return
	}
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(m))), size)
	_ = unix.Madvise(bytes[skip:skip+(size-skip)/hugePage*hugePage], unix.MADV_HUGEPAGE)
}

package engine

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size from which memory can have large pages.
const hugePage = 2 << 20

// largePages asks for large pages under big memory: kernels that walk over
// hundreds of megabytes miss the page tables' cache less. A system that has none says no, which is fine.
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

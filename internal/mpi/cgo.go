//go:build mpi

package mpi

/*
#include <mpi.h>

static int start(int *rank, int *size) {
	int level, err = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
	if (err != MPI_SUCCESS) return err;
	if (level < MPI_THREAD_SERIALIZED) return MPI_ERR_OTHER;
	MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	MPI_Comm_rank(MPI_COMM_WORLD, rank);
	return MPI_Comm_size(MPI_COMM_WORLD, size);
}
static int scatter(void *x, int *n, int *from, void *recv, int *counts, int *to) {
	return MPI_Alltoallv(x, n, from, MPI_FLOAT, recv, counts, to, MPI_FLOAT, MPI_COMM_WORLD);
}
static int collect(void *x, int *n, int *from) {
	return MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_FLOAT, x, n, from, MPI_FLOAT, MPI_COMM_WORLD);
}
static int lengths(int *mine, int *all) {
	return MPI_Allgather(mine, 1, MPI_INT, all, 1, MPI_INT, MPI_COMM_WORLD);
}
static int gather(void *mine, int n, void *all, int *counts, int *from) {
	return MPI_Allgatherv(mine, n, MPI_BYTE, all, counts, from, MPI_BYTE, MPI_COMM_WORLD);
}
static void end(int code) { MPI_Abort(MPI_COMM_WORLD, code); }
static int library(char *text) {
	int n;
	MPI_Get_library_version(text, &n);
	return n;
}
*/
import "C"

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"unsafe"
)

// Library names the MPI that this program was built with; it is empty without one.
func Library() string {
	var text [C.MPI_MAX_LIBRARY_VERSION_STRING]C.char
	n := C.library(&text[0])
	first, _, _ := strings.Cut(C.GoStringN(&text[0], n), "\n")
	name, _, _ := strings.Cut(first, ",")
	return strings.Join(strings.Fields(strings.ReplaceAll(name, "Version:", "")), " ")
}

// Open returns the world that a launcher started this process in. MPI is not started for a process
// of its own. Several processes that do not see each other are an *ApartError.
func Open(env []string) (*World, error) {
	l := Launched(env)
	if l.Size == 1 {
		return nil, nil
	}
	runtime.LockOSThread() // MPI wants the thread that starts it to end it
	var rank, size C.int
	if err := check(C.start(&rank, &size)); err != nil {
		return nil, fmt.Errorf("starting MPI: %w", err)
	}
	if size == 1 {
		return nil, &ApartError{Launch: l, Built: true}
	}
	return New(int(rank), int(size), &link{rank: int(rank), size: int(size)}), nil
}

// link is MPI's world. MPI returns once the memory that it was passed is no longer in use.
type link struct{ rank, size int }

func check(code C.int) error {
	if code == C.MPI_SUCCESS {
		return nil
	}
	var text [C.MPI_MAX_ERROR_STRING]C.char
	var n C.int
	C.MPI_Error_string(code, &text[0], &n)
	return fmt.Errorf("mpi: %s", C.GoStringN(&text[0], n))
}

// ints are counts or places as MPI takes them.
func ints(n int, of func(i int) int) *C.int {
	out := make([]C.int, n)
	for i := range out {
		out[i] = C.int(of(i))
	}
	return &out[0]
}

func pointer[T any](x []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(x)) }

// parts are the lengths and the places of the parts between bounds.
func (l *link) parts(bounds []int) (n, from *C.int) {
	return ints(l.size, func(i int) int { return bounds[i+1] - bounds[i] }),
		ints(l.size, func(i int) int { return bounds[i] })
}

func (l *link) Scatter(x []float32, bounds []int, recv []float32) error {
	n, from := l.parts(bounds)
	mine := bounds[l.rank+1] - bounds[l.rank]
	counts := ints(l.size, func(int) int { return mine })
	to := ints(l.size, func(i int) int { return i * mine })
	return check(C.scatter(pointer(x), n, from, pointer(recv), counts, to))
}

func (l *link) Collect(x []float32, bounds []int) error {
	n, from := l.parts(bounds)
	return check(C.collect(pointer(x), n, from))
}

func (l *link) Gather(b []byte) ([][]byte, error) {
	if len(b) > math.MaxInt32/l.size {
		return nil, fmt.Errorf("%d bytes from each of %d ranks are too many", len(b), l.size)
	}
	mine, counts := C.int(len(b)), make([]C.int, l.size)
	if err := check(C.lengths(&mine, &counts[0])); err != nil {
		return nil, err
	}
	from, total := make([]C.int, l.size), 0
	for i, n := range counts {
		from[i] = C.int(total)
		if total += int(n); total > math.MaxInt32 {
			return nil, fmt.Errorf("all ranks together sent more than %d bytes", math.MaxInt32)
		}
	}
	all := make([]byte, total)
	err := check(C.gather(pointer(b), mine, pointer(all), &counts[0], &from[0]))
	out := make([][]byte, l.size)
	for i := range out {
		out[i] = all[from[i]:][:counts[i]:counts[i]]
	}
	return out, err
}

func (l *link) Abort(code int) {
	C.end(C.int(code))
	os.Exit(code) // where the library returns
}

func (l *link) Close() error { return check(C.MPI_Finalize()) }

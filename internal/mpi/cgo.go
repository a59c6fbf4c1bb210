//go:build mpi

package mpi

/*
#include <mpi.h>
#include <signal.h>

// ours gives signals back to the handlers that they had before MPI began, where a library has
// taken one without SA_ONSTACK: on a goroutine's stack such a handler ends the program. MPICH takes
// SIGUSR1.
static void ours(const struct sigaction *before) {
	for (int s = 1; s < NSIG; s++) {
		struct sigaction now;
		if (sigaction(s, NULL, &now) || now.sa_handler == before[s].sa_handler) continue;
		if (now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN || now.sa_flags & SA_ONSTACK) continue;
		sigaction(s, &before[s], NULL);
	}
}
static int start(int *rank, int *size) {
	struct sigaction before[NSIG] = {0};
	for (int s = 1; s < NSIG; s++) sigaction(s, NULL, &before[s]);
	int level, err = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
	ours(before);
	if (err != MPI_SUCCESS) return err;
	if (level < MPI_THREAD_SERIALIZED) return MPI_ERR_OTHER;
	MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	MPI_Comm_rank(MPI_COMM_WORLD, rank);
	return MPI_Comm_size(MPI_COMM_WORLD, size);
}
// machine says by the lowest rank with which this one shares memory.
static int machine(int rank, int *first) {
	MPI_Comm here;
	int err = MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &here);
	if (err != MPI_SUCCESS) return err;
	*first = rank;
	err = MPI_Bcast(first, 1, MPI_INT, 0, here);
	MPI_Comm_free(&here);
	return err;
}
// group joins those that pass one color, in the order of the places that they pass.
static int group(int color, int place, MPI_Comm *to) {
	int err = MPI_Comm_split(MPI_COMM_WORLD, color < 0 ? MPI_UNDEFINED : color, place, to);
	if (err != MPI_SUCCESS || *to == MPI_COMM_NULL) return err;
	return MPI_Comm_set_errhandler(*to, MPI_ERRORS_RETURN);
}
static int scatter(MPI_Comm c, void *x, int *n, int *from, void *recv, int *counts, int *to) {
	return MPI_Alltoallv(x, n, from, MPI_FLOAT, recv, counts, to, MPI_FLOAT, c);
}
static int collect(MPI_Comm c, void *x, int *n, int *from) {
	return MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_FLOAT, x, n, from, MPI_FLOAT, c);
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
	"slices"
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
	pretend, err := pretended(env)
	if err != nil {
		return nil, fmt.Errorf("starting MPI: %w", err)
	}
	runtime.LockOSThread() // MPI wants the thread that starts it to end it
	var rank, size C.int
	if err := check(C.start(&rank, &size)); err != nil {
		return nil, fmt.Errorf("starting MPI: %w", err)
	}
	if size == 1 {
		return nil, &ApartError{Launch: l, Built: true}
	}
	machine := rank
	if pretend > 0 {
		machine /= C.int(pretend)
	} else if err := check(C.machine(rank, &machine)); err != nil {
		return nil, fmt.Errorf("finding the ranks of this machine: %w", err)
	}
	w := New(int(rank), int(size), &link{rank: int(rank), size: int(size)})
	return w, w.Place(int(machine))
}

// link is MPI's world. MPI returns once the memory that it was passed is no longer in use.
type link struct {
	rank, size int
	groups     []*group
}

// group is a communicator of some ranks.
type group struct {
	comm       C.MPI_Comm
	rank, size int
}

func (l *link) Group(ranks []int) (Group, error) {
	color := C.int(-1)
	if ranks != nil {
		color = C.int(ranks[0])
	}
	g := &group{rank: slices.Index(ranks, l.rank), size: len(ranks)}
	if err := check(C.group(color, C.int(g.rank), &g.comm)); err != nil || ranks == nil {
		return nil, err
	}
	l.groups = append(l.groups, g)
	return g, nil
}

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
func (g *group) parts(bounds []int) (n, from *C.int) {
	return ints(g.size, func(i int) int { return bounds[i+1] - bounds[i] }),
		ints(g.size, func(i int) int { return bounds[i] })
}

func (g *group) Scatter(x []float32, bounds []int, recv []float32) error {
	n, from := g.parts(bounds)
	mine := bounds[g.rank+1] - bounds[g.rank]
	counts := ints(g.size, func(int) int { return mine })
	to := ints(g.size, func(i int) int { return i * mine })
	return check(C.scatter(g.comm, pointer(x), n, from, pointer(recv), counts, to))
}

func (g *group) Collect(x []float32, bounds []int) error {
	n, from := g.parts(bounds)
	return check(C.collect(g.comm, pointer(x), n, from))
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

func (l *link) Close() error {
	for _, g := range l.groups {
		if err := check(C.MPI_Comm_free(&g.comm)); err != nil {
			return err
		}
	}
	return check(C.MPI_Finalize())
}

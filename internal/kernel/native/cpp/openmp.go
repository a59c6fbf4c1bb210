//go:build onednn && amd64 && cgo

package cpp

// #include <stdlib.h>
// #include "native.h"
import "C"

import (
	"debug/elf"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// OwnThreads says why oneDNN computes with threads of its own and not with the team that computes
// all else. It is nil where the team does oneDNN's work, which takes a oneDNN that was built for
// GCC's OpenMP and that asks nothing of it but what the program stands in for.
var OwnThreads = sync.OnceValue(func() error {
	err := teamWorksFor(C.GoString(C.acol_library_path()))
	if err != nil {
		C.acol_set_library_team(0)
	}
	return err
})

// teamWorksFor says what keeps the team from doing the work of a shared library.
func teamWorksFor(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("reading the library's imports: %w", err)
	}
	defer func() { _ = f.Close() }()
	symbols, err := f.ImportedSymbols()
	if err != nil {
		return fmt.Errorf("reading the imports of %s: %w", path, err)
	}
	parallel := false
	for _, s := range symbols {
		switch {
		case !slices.ContainsFunc(openMP, func(p string) bool { return strings.HasPrefix(s.Name, p) }):
		case standsIn(s.Name):
			parallel = parallel || s.Name == "GOMP_parallel"
		case !slices.ContainsFunc(harmless, func(p string) bool { return strings.HasPrefix(s.Name, p) }):
			return fmt.Errorf("%s calls %s", path, s.Name)
		}
	}
	if !parallel {
		return errors.New(path + " does not call GOMP_parallel")
	}
	return nil
}

var (
	// openMP are prefixes of the functions that compilers and programs call of OpenMP. LLVM's
	// compilers call those of __kmpc_.
	openMP = []string{"GOMP_", "omp_", "__kmpc_"}
	// harmless are prefixes of those that do not depend on whose the threads are.
	harmless = []string{"GOMP_critical_", "GOMP_atomic_", "omp_get_num_procs", "omp_get_wti"}
)

func standsIn(name string) bool {
	n := C.CString(name)
	defer C.free(unsafe.Pointer(n))
	return C.acol_stands_in(n) != 0
}

//go:build onednn && amd64 && cgo

package cpp

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The threads are checked from C++, since only there it can be said what each of them does and
// where.
func TestTheTeamOfThreads(t *testing.T) {
	t.Parallel()
	compiler := compiler(t)
	program := filepath.Join(t.TempDir(), "check")
	build := exec.Command(compiler, "-std=c++17", "-O1", "-fopenmp", "-o", program,
		filepath.Join("testdata", "team_check.cc"), "team.cc", "openmp.cc", "-ldl", "-lpthread",
		"-Wl,--no-as-needed", "-lgomp") // which nothing but OpenMP of others would need
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, program).CombinedOutput()
	if text := strings.TrimSpace(string(out)); err != nil || text != "" {
		t.Errorf("%v\n%s", err, text)
	}
}

// compiler is the compiler of C++; where there is none the test is skipped.
func compiler(t *testing.T) string {
	t.Helper()
	c := os.Getenv("CXX")
	if c == "" {
		c = "c++"
	}
	if _, err := exec.LookPath(c); err != nil {
		t.Skip(err)
	}
	return c
}

package device

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/portable"
	"acol/internal/pjrt"
)

func openCompiled(t *testing.T, dir string) *Compiled {
	t.Helper()
	c, err := OpenCompiled(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cpuPlugin is the path of a plugin for processors; a test without one is skipped.
func cpuPlugin(t *testing.T) string {
	t.Helper()
	path, err := File(xlaCPU)
	if err := errors.Join(pjrt.Missing(), err); err != nil {
		t.Skip(err)
	}
	return path
}

func TestCompiledProgramsAreFoundByTheirKey(t *testing.T) {
	c := openCompiled(t, filepath.Join(t.TempDir(), "acol", "compiled"))
	one, two := programKey{1}, programKey{2}
	if err := c.put(one, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if got := c.get(one); string(got) != "first" {
		t.Errorf("got %q", got)
	}
	if got := c.get(two); got != nil {
		t.Errorf("another key gives %q", got)
	}
	if err := c.put(one, []byte("second")); err != nil || string(c.get(one)) != "second" {
		t.Errorf("got %q: %v", c.get(one), err)
	}
	for path, want := range map[string]os.FileMode{c.path(one): 0o600, c.dir: 0o700} {
		st, err := os.Stat(path)
		if err != nil || modesCount && st.Mode().Perm() != want {
			t.Errorf("%s has mode %v: %v", path, st.Mode(), err)
		}
	}
}

func TestDamagedAndForeignEntriesAreRemoved(t *testing.T) {
	c := openCompiled(t, filepath.Join(t.TempDir(), "compiled"))
	key := programKey{1}
	if err := c.put(key, []byte("program")); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(c.path(key))
	if err != nil {
		t.Fatal(err)
	}
	flip := func(at int) []byte {
		b := bytes.Clone(whole)
		b[at] ^= 1
		return b
	}
	for name, entry := range map[string][]byte{
		"a bit of the program": flip(len(whole) - 1), "a bit of its hash": flip(60),
		"a bit of the key": flip(len(entryHead)), "a bit of the head": flip(0),
		"the end": whole[:len(whole)-1], "all but the head": whole[:20], "all": {},
	} {
		if err := os.WriteFile(c.path(key), entry, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := c.get(key); got != nil {
			t.Errorf("without %s: got %q", name, got)
		}
		if _, err := os.Stat(c.path(key)); err == nil {
			t.Errorf("without %s: it is there still", name)
		}
	}
	if !modesCount {
		return
	}
	if err := os.WriteFile(c.path(key), whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(c.path(key), 0o640); err != nil {
		t.Fatal(err)
	}
	if got := c.get(key); got != nil {
		t.Errorf("an entry that others can read gives %q", got)
	}
}

// A compiled program is run as it is, so that a folder into which others write would run theirs.
func TestAFolderThatIsOpenToOthersIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "compiled")
	openCompiled(t, dir)
	link := dir + "link"
	if err := os.Symlink(dir, link); err == nil {
		if _, err := OpenCompiled(link); err == nil {
			t.Error("a link is taken")
		}
	}
	for _, mode := range []os.FileMode{0o770, 0o707, 0o750} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenCompiled(dir); err == nil && modesCount {
			t.Errorf("mode %v is taken", mode)
		}
	}
	if _, err := OpenCompiled(filepath.Join(dir, "file", "x")); err != nil {
		t.Error(err)
	}
}

func TestTheOldestProgramsGoFirst(t *testing.T) {
	c := openCompiled(t, filepath.Join(t.TempDir(), "compiled"))
	c.most = 1000
	code := make([]byte, 200) // about 280 bytes with what is before it
	keys := []programKey{{1}, {2}, {3}, {4}}
	for i, k := range keys {
		if err := c.put(k, code); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(time.Duration(i-100) * time.Minute)
		if err := os.Chtimes(c.path(k), then, then); err != nil {
			t.Fatal(err)
		}
		if i == 2 && c.get(keys[0]) == nil { // which makes it new
			t.Fatal("the first is gone")
		}
	}
	for i, want := range []bool{true, false, true, true} {
		if got := c.get(keys[i]) != nil; got != want {
			t.Errorf("program %d is there: %v, want %v", i, got, want)
		}
	}
	if err := c.put(programKey{9}, make([]byte, 600)); err != nil || c.get(programKey{9}) != nil ||
		c.get(keys[0]) == nil {
		t.Errorf("what takes most of the room is kept: %v", err)
	}
}

// compileSum opens devices that keep all programs and compiles the sum of two vectors of n, and
// over so many of the devices.
func compileSum(
	t *testing.T, name string, c *Compiled, n, replicas int,
) (sum []float32, told []Compilation) {
	t.Helper()
	b, err := Open(name, backend.FP32, portable.New(1))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.least = 0
	b.Keep(c)
	b.Tell(func(c Compilation) {
		if c.Done {
			told = append(told, c)
		}
	})
	shape := kernel.Shape4{1, 1, 1, n}
	g := backend.Graph{
		Nodes: []backend.GraphNode{
			{Shape: shape[:], Split: true}, {Shape: shape[:], Split: true},
			{Shape: shape[:], Spec: kernel.Add{Dims: 4, Shape: shape}, In: []int{0, 1}},
		},
		Outputs: []int{2}, Replicas: replicas,
	}
	if replicas > 1 {
		all := kernel.PartSum{Tensor: kernel.NewTensor(shape[:])}
		g.Nodes = append(g.Nodes, backend.GraphNode{Shape: shape[:], Spec: all, In: []int{2}})
		g.Outputs = []int{3}
	}
	for range 2 { // the second is that of the session
		p, err := b.CompileGraph(g)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, n*replicas)
		for i := range x {
			x[i] = float32(i%n) + 0.1
		}
		sum = make([]float32, n)
		if err := backend.Run(p, [][]float32{sum}, [][]float32{x, x}, true); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	return sum, told
}

func TestAProgramIsCompiledOnceForManySessions(t *testing.T) {
	path := cpuPlugin(t)
	c := openCompiled(t, filepath.Join(t.TempDir(), "compiled"))
	var sums [][]float32
	for i, tc := range []struct {
		name        string
		n, replicas int
		env         string
		found       bool
	}{
		{path, 5, 1, "", false}, {path, 5, 1, "", true}, {path, 6, 1, "", false},
		{path + ":1", 5, 1, "", false}, {path + ":1", 5, 1, "", true},
		{path, 5, 1, "--xla_dump_hlo_as_text=false", false}, {path, 5, 1, "", true},
		{path + ":0,2", 5, 1, "", true}, {path + ":0,2", 5, 2, "", false},
		{path + ":0,2", 5, 2, "", true}, {path + ":0,1", 5, 2, "", false},
		{path + ":0,1,2,3", 5, 2, "", true}, {path + ":0,1,2,3", 5, 4, "", false},
	} {
		t.Setenv("XLA_FLAGS", tc.env)
		sum, told := compileSum(t, tc.name, c, tc.n, tc.replicas)
		if len(told) != 1 || told[0].Found != tc.found || told[0].Err != nil ||
			(told[0].Kept == "") != tc.found || told[0].Operations != min(tc.replicas, 2) {
			t.Errorf("session %d: told %+v, want found %v", i, told, tc.found)
		}
		for k := range sum { // exact, since their number is a power of two
			sum[k] /= float32(tc.replicas)
		}
		sums = append(sums, sum)
	}
	for i, s := range sums {
		if s[4] != sums[0][4] || s[4] == 0 {
			t.Errorf("session %d: sums %v, want %v", i, s, sums[0])
		}
	}
	// What cannot be loaded is compiled anew, and is not there for the session after it.
	files, err := filepath.Glob(filepath.Join(c.dir, "*"+entryEnding))
	if err != nil || len(files) != 7 {
		t.Fatalf("entries %v: %v", files, err)
	}
	for _, f := range files {
		var key programKey
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		copy(key[:], b[len(entryHead):])
		if err := c.put(key, []byte("no program")); err != nil {
			t.Fatal(err)
		}
	}
	sum, told := compileSum(t, path, c, 5, 1)
	if len(told) != 1 || told[0].Found || sum[4] != sums[0][4] {
		t.Errorf("told %+v of a program that cannot be loaded", told)
	}
}

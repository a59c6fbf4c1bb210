package device

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"acol/internal/pjrt"
	"acol/internal/regular"
)

// Compilation is what a Watch is told of a program that a plugin compiles.
type Compilation struct {
	// Operations is how many computations the program has.
	Operations int
	// Took is how long it has taken so far, and in the end altogether.
	Took time.Duration
	// Done says that it is compiled; Found, that it was compiled in an earlier session.
	Done, Found bool
	// Kept is where it is kept for later ones; it is empty where it is not.
	Kept string
	// Err is why it could not be kept.
	Err error
}

// Watch is told of a compilation that takes longer than a second: then, every ten seconds, and when
// it is done. It is called by another goroutine than that which compiles, but never by two at once.
type Watch func(Compilation)

// Compilations shorter than worthTelling are neither told nor kept.
const (
	worthTelling = time.Second
	tellEvery    = 10 * time.Second
)

// Keep has programs that take long to compile kept in a folder, and taken from it. It must be
// called before anything is compiled.
func (b *Backend) Keep(c *Compiled) { b.kept = c }

// Tell has a Watch told of compilations. It must be called before anything is compiled.
func (b *Backend) Tell(w Watch) { b.watch = w }

// compile compiles a program for some of the devices, or takes it from those that were compiled in
// earlier sessions.
func (b *Backend) compile(
	text []byte, on []*pjrt.Device, operations int,
) (*pjrt.Program, error) {
	told := Compilation{Operations: operations}
	stop := b.observe(told)
	began := time.Now()
	key, p := b.find(text, on)
	told.Found = p != nil
	var err error
	if p == nil {
		p, err = untilStop(b.stop, func() (*pjrt.Program, error) {
			return b.client.Compile(text, b.flags, on)
		})
		b.left = b.left || errors.Is(err, interrupted{})
	}
	stop()
	if err != nil {
		return nil, withoutToolkit(b.outOfMemory(err))
	}
	told.Took, told.Done = time.Since(began), true
	long := told.Took >= b.least
	if long && !told.Found && key != (programKey{}) {
		if told.Err = b.store(key, p); told.Err == nil {
			told.Kept = b.kept.dir
		}
	}
	if b.watch != nil && long {
		b.watch(told)
	}
	return p, nil
}

// find looks for a program that was compiled before for these devices. Its key is zero where none
// are kept.
func (b *Backend) find(text []byte, on []*pjrt.Device) (programKey, *pjrt.Program) {
	if b.kept == nil {
		return programKey{}, nil
	}
	if b.identity == nil {
		id, err := b.identify()
		if err != nil {
			b.kept = nil
			return programKey{}, nil
		}
		b.identity = id
	}
	h := sha256.New()
	add(h, string(b.identity), string(text), fmt.Sprint(len(on)))
	for _, d := range on {
		add(h, d.Kind, fmt.Sprint(d.ID))
	}
	var key programKey
	h.Sum(key[:0])
	code := b.kept.get(key)
	if code == nil {
		return key, nil
	}
	p, err := b.client.Load(code, len(on))
	if err != nil {
		b.kept.remove(key)
		return key, nil
	}
	return key, p
}

// store keeps a program. A plugin that cannot give one away is no error.
func (b *Backend) store(key programKey, p *pjrt.Program) error {
	code, err := p.Serialize()
	if pjrt.Unimplemented(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return b.kept.put(key, code)
}

// observe tells the Watch of a compilation until stop is called.
func (b *Backend) observe(c Compilation) (stop func()) {
	if b.watch == nil {
		return func() {}
	}
	end, ended := make(chan struct{}), make(chan struct{})
	began := time.Now()
	go func() {
		defer close(ended)
		next := time.NewTimer(b.least)
		defer next.Stop()
		for {
			select {
			case <-end:
				return
			case <-next.C:
				c.Took = time.Since(began)
				b.watch(c)
				next.Reset(tellEvery)
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

// identify says what a compiled program depends on beside its text and its devices: the plugin and
// the libraries beside it, the driver, the processor, and what XLA is told.
func (b *Backend) identify() ([]byte, error) {
	h := sha256.New()
	platform, version, err := b.client.Platform()
	if err != nil {
		return nil, err
	}
	path := b.client.Plugin().Path
	add(h, entryHead, runtime.GOOS, runtime.GOARCH, platform, version, b.client.Plugin().Version())
	if err := addFile(h, path); err != nil {
		return nil, err
	}
	for _, pattern := range []string{"../../nvidia/*/lib/*", "../nvidia/*/lib/*"} {
		found, err := filepath.Glob(filepath.Join(filepath.Dir(path), filepath.FromSlash(pattern)))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if st, err := os.Stat(f); err == nil {
				add(h, f, fmt.Sprint(st.Size(), st.ModTime().UnixNano()))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.flags)) {
		add(h, name, fmt.Sprint(b.flags[name]))
	}
	add(h, os.Getenv("XLA_FLAGS"), firstLines(filepath.Join("/", driverSays), "NVRM version"))
	// A home may be shared by machines whose processors have other instructions.
	cpu := firstLines("/proc/cpuinfo", "model name", "flags", "Features", "CPU part")
	if cpu == "" {
		cpu, _ = os.Hostname()
	}
	add(h, cpu)
	return h.Sum(nil), nil
}

// add adds texts to a hash, each with its length before it.
func add(h hash.Hash, texts ...string) {
	for _, t := range texts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(t)))) // which never fails
		h.Write([]byte(t))
	}
}

// addFile adds what a file holds to a hash.
func addFile(h hash.Hash, path string) error {
	f, err := regular.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := io.Copy(h, f)
	add(h, fmt.Sprint(n))
	return err
}

// firstLines gives the first line of a file that begins with each of the prefixes; none where there
// is no such file.
func firstLines(path string, prefixes ...string) string {
	f, err := regular.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	var lines []string
	for s := bufio.NewScanner(f); s.Scan() && len(prefixes) > 0; {
		prefixes = slices.DeleteFunc(prefixes, func(p string) bool {
			found := strings.HasPrefix(s.Text(), p)
			if found {
				lines = append(lines, s.Text())
			}
			return found
		})
	}
	return strings.Join(lines, "\n")
}

package device

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"acol/internal/atomicfile"
	"acol/internal/regular"
)

// Compiled is a folder of programs that plugins have compiled, for later sessions. What is in it is
// run, so that it is used only where nobody but its owner can write: see OpenCompiled. An entry is
// found by all that the compiled program depends on, has its own hash in it, and is never trusted
// further: where it cannot be read or loaded, the program is compiled anew.
type Compiled struct {
	dir string
	// most bounds the bytes of all entries: the oldest go first.
	most int64
}

// mostCompiled is how many bytes of compiled programs are kept.
const mostCompiled = 2 << 30

// compiledOff is the word by which ACOL_COMPILED asks for no folder.
const compiledOff = "off"

// CompiledFolder is where compiled programs are kept: what the variable ACOL_COMPILED names, else
// acol/compiled in the user's cache folder. It is empty where the variable is "off".
func CompiledFolder() (string, error) {
	switch dir := os.Getenv("ACOL_COMPILED"); dir {
	case compiledOff:
		return "", nil
	case "":
	default:
		return dir, nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the folder of compiled programs: %w "+
			"(ACOL_COMPILED names one)", err)
	}
	return filepath.Join(base, "acol", "compiled"), nil
}

// OpenCompiled makes a folder for compiled programs where there is none. One that belongs to
// somebody else, or that others can write to or read, is an error.
func OpenCompiled(dir string) (*Compiled, error) {
	const private = 0o700
	failed := func(err error) (*Compiled, error) {
		return nil, fmt.Errorf("keeping compiled programs: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), private); err != nil {
		return failed(err)
	}
	if err := os.Mkdir(dir, private); err != nil && !errors.Is(err, fs.ErrExist) {
		return failed(err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return failed(err)
	}
	if !info.IsDir() {
		return failed(fmt.Errorf("%s is no folder", dir))
	}
	if err := ownedAlone(dir, info); err != nil {
		return failed(err)
	}
	return &Compiled{dir: dir, most: mostCompiled}, nil
}

// ownedAlone is an error where a file or folder is another user's, or open to others.
func ownedAlone(path string, info fs.FileInfo) error {
	const others = 0o077
	if !modesCount {
		return nil
	}
	if !isOwn(info) {
		return fmt.Errorf("%s belongs to somebody else", path)
	}
	if info.Mode().Perm()&others != 0 {
		return fmt.Errorf("%s is open to others: its mode is %#o, want 0700 (chmod go= %s)", path,
			info.Mode().Perm(), path)
	}
	return nil
}

// An entry is this line, the key and the hash of the program, and the program.
const entryHead = "acol compiled 1\n"

// entryEnding is that of the entries' names.
const entryEnding = ".program"

// programKey says what a compiled program depends on.
type programKey [sha256.Size]byte

func (c *Compiled) path(key programKey) string {
	return filepath.Join(c.dir, hex.EncodeToString(key[:])+entryEnding)
}

// get gives the program of a key, nil where there is none. An entry that is damaged, another
// program's or open to others is removed.
func (c *Compiled) get(key programKey) []byte {
	path := c.path(key)
	f, err := regular.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	code, err := readEntry(f, info, key)
	if err = cmp.Or(ownedAlone(path, info), err); err != nil {
		_ = os.Remove(path)
		return nil
	}
	now := time.Now()
	_ = os.Chtimes(path, now, now) // so that it counts as new
	return code
}

var errEntry = errors.New("no compiled program")

// readEntry reads an entry and checks it.
func readEntry(f io.Reader, info fs.FileInfo, key programKey) ([]byte, error) {
	const before = len(entryHead) + 2*sha256.Size
	if info.Size() < int64(before) || info.Size() > mostCompiled {
		return nil, errEntry
	}
	entry := make([]byte, info.Size())
	if _, err := io.ReadFull(f, entry); err != nil {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(entry, []byte(entryHead))
	if !ok || !bytes.HasPrefix(rest, key[:]) {
		return nil, errEntry
	}
	code := entry[before:]
	if sum := sha256.Sum256(code); !bytes.Equal(rest[sha256.Size:][:sha256.Size], sum[:]) {
		return nil, errEntry
	}
	return code, nil
}

// put keeps a program, unless it alone would take half of the room.
func (c *Compiled) put(key programKey, code []byte) error {
	if int64(len(code)) > c.most/2 {
		return nil
	}
	const private = 0o600
	sum := sha256.Sum256(code)
	err := atomicfile.WriteFile(c.path(key), func(f *os.File) error {
		if err := f.Chmod(private); err != nil {
			return err
		}
		for _, b := range [][]byte{[]byte(entryHead), key[:], sum[:], code} {
			if _, err := f.Write(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keeping a compiled program: %w", err)
	}
	return c.bound()
}

// remove removes the entry of a key.
func (c *Compiled) remove(key programKey) { _ = os.Remove(c.path(key)) }

// bound removes the oldest entries beyond the room, and what writers that died have left.
func (c *Compiled) bound() error {
	if _, err := atomicfile.Clean(c.dir); err != nil {
		return fmt.Errorf("bounding compiled programs: %w", err)
	}
	files, err := os.ReadDir(c.dir)
	if err != nil {
		return fmt.Errorf("bounding compiled programs: %w", err)
	}
	var entries []fs.FileInfo
	for _, f := range files {
		if info, err := f.Info(); err == nil && strings.HasSuffix(f.Name(), entryEnding) {
			entries = append(entries, info)
		}
	}
	slices.SortFunc(entries, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	left := c.most
	for _, e := range entries { // the newest first
		if left -= e.Size(); left >= 0 {
			continue
		}
		if err := os.Remove(filepath.Join(c.dir, e.Name())); err != nil &&
			!errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("bounding compiled programs: %w", err)
		}
	}
	return nil
}

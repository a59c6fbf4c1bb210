// Package hub fetches files. It takes weight files and archives from the servers that publish them
// or from a mirror, goes on where an earlier download broke off, checks a file against what is
// known of its hash, and keeps it in a folder. Of any other address, Copy brings what it gives. It
// is the only package that asks servers. Which files there are, other packages know.
package hub

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Server is where torchvision's files are.
const Server = "https://download.pytorch.org/models"

// File is a file on the server.
type File struct {
	// Name is the file's name, which ends in the first digits of its SHA-256:
	// resnet18-f37072fd.pth.
	Name string `json:"file"`
	// MiB is the file's size as torchvision documents it, to a thousandth.
	MiB float64 `json:"mib"`
	// SHA256 is the file's whole hash where somebody has given it, 64 hexadecimal digits. The name
	// has a few digits alone, for which another file can be made within minutes.
	SHA256 string `json:"sha256,omitempty"`
}

// known returns as much of the file's SHA-256 as is known.
func (f File) known() string {
	if f.SHA256 != "" {
		return strings.ToLower(f.SHA256)
	}
	return f.Hash()
}

// Hash returns the first hexadecimal digits of the file's SHA-256.
func (f File) Hash() string {
	_, hash, _ := strings.Cut(strings.TrimSuffix(f.Name, ".pth"), "-")
	return hash[strings.LastIndexByte(hash, '-')+1:]
}

// rounding is more than MiB differs from the file's size.
const rounding = 0.002

// wanted returns what is to be fetched.
func (f File) wanted() wanted {
	return wanted{
		name: f.Name, home: Server + "/" + f.Name, owner: "torchvision", kind: "weights",
		mirror: "ACOL_MIRROR", sum: f.known(),
		least: int64((f.MiB - rounding) * (1 << 20)), most: int64((f.MiB+rounding)*(1<<20)) + 1,
		size: fmt.Sprintf("the published file has %.3f MiB", f.MiB),
	}
}

// wanted is a file to fetch, and what is known of it.
type wanted struct {
	// name is the file's, also on a mirror; home is its address on its owner's server.
	name, home string
	// owner publishes the file; kind is what messages call it.
	owner, kind string
	// mirror is the variable that names another server.
	mirror string
	// sum is what the SHA-256 begins with, as far as it is known, in lower-case hexadecimal digits.
	sum string
	// pin is the file in which sum was noted; "" where owner publishes it.
	pin string
	// least and most bound the size in bytes; size says what is known of it.
	least, most int64
	size        string
}

// published says whose the hash is.
func (f wanted) published() string {
	if f.pin != "" {
		return "was fetched before, whose hash is in " + f.pin
	}
	return f.owner + " publishes"
}

// Cache is a folder of fetched files.
type Cache struct {
	Dir string
	// Mirror is a base URL to fetch from instead of Server: its files have the same names.
	Mirror string
	// Progress, where it is not nil, is called with the number of bytes of a file that are there
	// and with its size, which is 0 where it is not known.
	Progress func(done, total int64)
}

// Open returns the cache that the environment asks for. Its folder is ACOL_CACHE, or acol/weights
// in the user's cache folder; its mirror is ACOL_MIRROR.
func Open(env []string) (*Cache, error) {
	c := &Cache{Dir: lookup(env, "ACOL_CACHE"), Mirror: lookup(env, "ACOL_MIRROR")}
	if c.Dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("finding a folder for weights: %w (ACOL_CACHE names one)", err)
		}
		c.Dir = filepath.Join(base, "acol", "weights")
	}
	return c, nil
}

func lookup(env []string, name string) string {
	for _, e := range slices.Backward(env) {
		if key, value, _ := strings.Cut(e, "="); key == name {
			return value
		}
	}
	return ""
}

// Path returns where a file is in the cache, or will be.
func (c *Cache) Path(f File) string { return filepath.Join(c.Dir, f.Name) }

// Has reports whether the file is in the cache.
func (c *Cache) Has(f File) bool {
	st, err := os.Stat(c.Path(f))
	return err == nil && st.Mode().IsRegular()
}

// FetchError is the error of a file that could not be fetched.
type FetchError struct {
	Home   string // the file's address on its owner's server
	URL    string // where it was asked for
	Path   string // where it belongs
	Mirror string // the variable that names another server
	Err    error
}

func (e *FetchError) Error() string {
	return fmt.Sprintf("fetching %s: %v", shown(e.URL), e.Err)
}

// Unwrap returns the cause.
func (e *FetchError) Unwrap() error { return e.Err }

// Hint says what the user can do without a connection.
func (e *FetchError) Hint() string {
	return fmt.Sprintf("without a connection here, fetch %s elsewhere and put it at %s; "+
		"%s names another server, HTTPS_PROXY a proxy", e.Home, e.Path, e.Mirror)
}

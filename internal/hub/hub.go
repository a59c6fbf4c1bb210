// Package hub fetches the weights that torchvision publishes: from its server or a mirror, resumed where a download broke off, checked
// against the published hash, kept in a folder of the user's cache. It is the only package that opens connections.
package hub

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Server is where torchvision's files are.
const Server = "https://download.pytorch.org/models"

// File is a published weight file.
type File struct {
	Name       string  `json:"name"`
	File       string  `json:"file"`
	MiB        float64 `json:"mib"`
	Parameters int     `json:"parameters"`
	Top1       float64 `json:"top1"` // accuracy on ImageNet-1k's validation images, in percent, as torchvision states it
}

// Files lists everything that can be fetched.
func Files() []File { return slices.Clone(published) }

// Find gives the file of a name.
func Find(name string) (File, bool) {
	i := slices.IndexFunc(published, func(f File) bool { return f.Name == name })
	if i < 0 {
		return File{}, false
	}
	return published[i], true
}

// ForBackbone gives the file of a recipe's backbone (arch resnet, depth 50); version is "" or "-v2".
func ForBackbone(arch, depth, version string) (File, bool) {
	depth = strings.ReplaceAll(depth, ".", "_")
	for _, name := range []string{arch + depth, arch + "_" + depth, arch + "_v" + depth, arch} {
		if f, ok := Find(name + version); ok {
			return f, true
		}
	}
	return File{}, false
}

// Hash is the start of the file's SHA-256, in hexadecimal digits.
func (f File) Hash() string {
	_, hash, _ := strings.Cut(strings.TrimSuffix(f.File, ".pth"), "-")
	return hash[strings.LastIndexByte(hash, '-')+1:]
}

// most is as many bytes as the file can have: its size is published to a thousandth of a MiB.
func (f File) most() int64 { return int64((f.MiB+0.002)*(1<<20)) + 1 }

// Cache is a folder of fetched files.
type Cache struct {
	Dir string
	// Mirror is a base URL to fetch from instead of Server: its files have the same names.
	Mirror string
	// Progress, where not nil, hears how many bytes of a file are there; total is 0 where it is not known.
	Progress func(done, total int64)
}

// Open gives the cache that the environment asks for: the folder ACOL_CACHE, or acol/weights in the user's cache, and the mirror ACOL_MIRROR.
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

// Path is where a file is, or will be.
func (c *Cache) Path(f File) string { return filepath.Join(c.Dir, f.File) }

// Has tells whether the file is there.
func (c *Cache) Has(f File) bool {
	st, err := os.Stat(c.Path(f))
	return err == nil && st.Mode().IsRegular()
}

// URL is where the file is fetched from.
func (c *Cache) URL(f File) (string, error) {
	base := c.Mirror
	if base == "" {
		base = Server
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("the mirror %q is not an http or https address", base)
	}
	return u.JoinPath(f.File).String(), nil
}

// FetchError is a file that could not be fetched.
type FetchError struct {
	File File
	URL  string
	Path string // where the file belongs
	Err  error
}

func (e *FetchError) Error() string { return fmt.Sprintf("fetching %s: %v", redacted(e.URL), e.Err) }

// Unwrap gives the cause.
func (e *FetchError) Unwrap() error { return e.Err }

// Hint says what to do without a connection.
func (e *FetchError) Hint() string {
	return fmt.Sprintf("without a connection here, fetch %s/%s elsewhere and put it at %s; ACOL_MIRROR names another server, HTTPS_PROXY a proxy", Server, e.File.File, e.Path)
}

// redacted hides a password.
func redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Redacted()
}

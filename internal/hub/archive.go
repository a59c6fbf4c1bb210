package hub

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// Archive is a file of a data set that somebody publishes.
type Archive struct {
	// Name is the file's name, also on a mirror.
	Name string
	// Address is where its owner has it.
	Address string
	// Owner is who publishes it, as messages call them.
	Owner string
	// Bytes is the file's size, 0 where it is not known. Most bounds it then.
	Bytes, Most int64
	// SHA256 is the file's hash, 64 hexadecimal digits; "" where nobody has said it.
	SHA256 string
	// Pin is the file in which the hash was noted when the archive was fetched before; "" for a
	// hash that its owner publishes.
	Pin string
	// Mirror is the variable that names another server; "" is ACOL_MIRROR_DATA.
	Mirror string
}

// GetArchive is Get for an archive. Where the hash is not known, what an earlier program has left
// is not gone on with, and a broken connection only where the server names the version of the file.
func (c *Cache) GetArchive(ctx context.Context, a Archive) (Fetched, error) {
	w := wanted{
		name: a.Name, home: a.Address, owner: a.Owner, kind: "archives",
		mirror: cmp.Or(a.Mirror, dataMirror), sum: strings.ToLower(a.SHA256), least: a.Bytes, most: a.Bytes,
		size: fmt.Sprintf("the published file has %d", a.Bytes), pin: a.Pin,
	}
	if a.Bytes == 0 {
		w.most, w.size = a.Most, fmt.Sprintf("at most %d are taken", a.Most)
	}
	return c.get(ctx, w)
}

// DataMirror returns the server that the environment asks for in place of those that publish
// archives, ACOL_MIRROR_DATA; "" for none. ACOL_DATA_MIRROR would be a key of the recipe.
func DataMirror(env []string) string { return ArchiveMirror(env, dataMirror) }

const dataMirror = "ACOL_MIRROR_DATA"

// ArchiveMirror returns the server that a variable of the environment names; "" for none.
func ArchiveMirror(env []string, variable string) string { return lookup(env, variable) }

// ArchivePath returns where an archive is in the cache's folder, or will be.
func (c *Cache) ArchivePath(a Archive) string { return filepath.Join(c.Dir, a.Name) }

// ArchiveAddress returns where an archive is fetched from, for people: without a user or password.
func (c *Cache) ArchiveAddress(a Archive) (string, error) {
	address, err := c.address(a.Name, a.Address)
	return shown(address), err
}

package datasets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"acol/internal/archive"
	"acol/internal/filelock"
	"acol/internal/hub"
)

// Options say where a set goes and what is told meanwhile.
type Options struct {
	// Dir is the folder of all data sets. Archives are fetched into it.
	Dir string
	// Mirror is the base of addresses to fetch from instead of the owners' servers.
	Mirror string
	// Keep leaves archives in Dir after they were unpacked. An archive that was there before stays.
	Keep bool
	// Begin, where it is not nil, is called before an archive is fetched and before it is unpacked.
	Begin func(what string, p *Part)
	// Progress, where it is not nil, is called with the bytes of the archive at hand that are done,
	// and with all, 0 where that is not known.
	Progress func(done, total int64)
}

// What Begin is called with.
const (
	Fetching  = "fetching"
	Unpacking = "unpacking"
)

// Result is what Get has done.
type Result struct {
	// Made are the folders that were made; There are those that were there before.
	Made, There []string
	// Noted are the archives whose hash nobody publishes, and that were fetched for the first time.
	Noted []Noted
	// Kept are the archives that are still there.
	Kept []string
	// Links counts the links and devices that the archives hold, which were not made.
	Links int
}

// Noted is an archive whose hash was noted in the file Pin when it came.
type Noted struct {
	Archive string `json:"archive"`
	SHA256  string `json:"sha256"`
	Pin     string `json:"pin"`
}

// ByHandError lists the archives that acol cannot fetch and that are not there.
type ByHandError struct {
	Dir   string
	Parts []Part
}

func (e *ByHandError) Error() string {
	var names []string
	for _, p := range e.Parts {
		names = append(names, p.Name)
	}
	return fmt.Sprintf("acol cannot fetch %s, which wants a browser", strings.Join(names, " and "))
}

// Hint says where the archives are and where they belong.
func (e *ByHandError) Hint() string {
	var steps []string
	for _, p := range e.Parts {
		steps = append(steps, fmt.Sprintf("%s as %s", p.Page, filepath.Join(e.Dir, p.Name)))
	}
	return "fetch " + strings.Join(steps, ", and ") + "; then run acol again, which unpacks them"
}

// Missing returns the folders of a set that are not in dir yet, and those that are. The paths begin
// with dir.
func (s *Set) Missing(dir string) (missing, there []string) {
	for _, name := range s.Makes {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if _, err := os.Lstat(path); err == nil {
			there = append(there, path)
			continue
		}
		missing = append(missing, path)
	}
	return missing, there
}

// Needed returns the parts of a set that make its missing folders.
func (s *Set) Needed(dir string) []Part {
	missing, _ := s.Missing(dir)
	var parts []Part
	for _, p := range s.Parts {
		var moves []Move
		for _, m := range p.Moves {
			if slices.Contains(missing, filepath.Join(dir, filepath.FromSlash(m.To))) {
				moves = append(moves, m)
			}
		}
		if p.Moves = moves; len(moves) > 0 {
			parts = append(parts, p)
		}
	}
	return parts
}

// Get fetches what is missing of a set, checks it, and unpacks it. Its folders appear as a whole or
// not at all. Archives that have come stay after an error, so that the next Get goes on from there.
func (s *Set) Get(ctx context.Context, o Options) (*Result, error) {
	if s.ByHand != "" {
		return nil, fmt.Errorf("acol cannot fetch %s: %s", s.Name, s.ByHand)
	}
	r := &Result{}
	missing, there := s.Missing(o.Dir)
	if r.There = there; len(missing) == 0 {
		return r, nil
	}
	parts := s.Needed(o.Dir)
	if err := inReach(parts, o.Dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o777); err != nil {
		return nil, fmt.Errorf("making the folder for the %s: %w", s.kind(), err)
	}
	if err := s.enoughSpace(parts, o.Dir); err != nil {
		return nil, err
	}
	stage := filepath.Join(o.Dir, ".acol-get-"+s.Name)
	unlock, err := lock(stage+".lock", s.kind())
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := fresh(stage); err != nil {
		return nil, fmt.Errorf("making a folder to unpack into: %w", err)
	}
	defer func() { _ = os.RemoveAll(stage) }() // what stays, the next Get removes
	var ours []string
	for _, p := range parts {
		got, err := fetch(ctx, &p, o, r)
		if err != nil {
			return nil, err
		}
		if got.Found || o.Keep {
			r.Kept = append(r.Kept, got.Path)
		} else {
			ours = append(ours, got.Path)
		}
		if err := unpack(ctx, &p, got.Path, stage, o, r); err != nil {
			return nil, err
		}
	}
	if err := s.place(stage, missing, o.Dir); err != nil {
		return nil, err
	}
	r.Made = missing
	for _, path := range ours {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("removing an archive that is unpacked: %w", err)
		}
	}
	return r, nil
}

// inReach is an error where an archive wants a browser and is not there.
func inReach(parts []Part, dir string) error {
	e := &ByHandError{Dir: dir}
	for _, p := range parts {
		if _, err := os.Stat(filepath.Join(dir, p.Name)); p.Address == "" && err != nil {
			e.Parts = append(e.Parts, p)
		}
	}
	if len(e.Parts) > 0 {
		return e
	}
	return nil
}

// kind is what messages call the set.
func (s *Set) kind() string { return cmp.Or(s.Kind, "data set") }

// lock keeps two programs from getting the same set at once.
func lock(path, kind string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("locking the %s: %w", kind, err)
	}
	err = filelock.Try(f)
	if errors.Is(err, filelock.ErrNoLocks) {
		err = nil
	}
	if err == nil && !filelock.IsAt(f, path) {
		err = filelock.ErrHeld
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("another acol is getting this %s: %s is %w", kind, path, err)
	}
	return func() {
		err := os.Remove(path) // before the lock ends, where the system lets an open file go
		_ = f.Close()
		if err != nil {
			_ = os.Remove(path)
		}
	}, nil
}

// fresh makes an empty folder, in place of one that a program which was killed has left.
func fresh(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Mkdir(dir, 0o777)
}

// fetch brings an archive. One whose hash nobody publishes is compared with the first that came.
func fetch(ctx context.Context, p *Part, o Options, r *Result) (hub.Fetched, error) {
	begin(o, Fetching, p)
	cache := &hub.Cache{Dir: o.Dir, Mirror: o.Mirror, Progress: o.Progress}
	a, pin := p.Archive, cache.ArchivePath(p.Archive)+".sha256"
	if a.SHA256 == "" {
		sum, err := readPin(pin)
		if err != nil {
			return hub.Fetched{}, err
		}
		if sum != "" {
			a.SHA256, a.Pin = sum, pin
		}
	}
	got, err := cache.GetArchive(ctx, a)
	if err != nil || a.SHA256 != "" {
		return got, err
	}
	r.Noted = append(r.Noted, Noted{got.Path, got.SHA256, pin})
	return got, writePin(pin, got.SHA256, a.Name)
}

// unpack unpacks the files of an archive that a part wants.
func unpack(ctx context.Context, p *Part, file, stage string, o Options, r *Result) error {
	begin(o, Unpacking, p)
	const slack = 2 // the table is about what an archive holds
	done, err := archive.Unpack(ctx, file, stage, archive.Options{
		Limits:   archive.Limits{Files: slack * p.Files, Bytes: slack * p.Unpacked},
		Place:    p.place,
		Programs: p.Programs,
		Progress: o.Progress,
	})
	if err != nil && ctx.Err() == nil && p.SHA256 == "" {
		return fmt.Errorf("%w; remove the file to fetch it anew", err)
	}
	if err != nil {
		return err
	}
	r.Links += done.Links
	return nil
}

// place returns where a file of an archive goes.
func (p *Part) place(name string) (string, bool) {
	for _, m := range p.Moves {
		from, rest := m.From, name
		if below, any := strings.CutPrefix(from, "*"); any {
			var deeper bool
			if _, rest, deeper = strings.Cut(name, "/"); !deeper {
				continue
			}
			from = strings.TrimPrefix(below, "/")
		}
		if from != "" {
			var in bool
			if rest, in = strings.CutPrefix(rest, from+"/"); !in {
				continue
			}
		}
		return m.To + "/" + rest, true
	}
	return "", false
}

// place moves the folders of a set from where they were unpacked to where they belong.
func (s *Set) place(stage string, missing []string, dir string) error {
	from := make([]string, len(missing))
	for i, path := range missing {
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		from[i] = filepath.Join(stage, rel)
		if _, err := os.Stat(from[i]); err != nil {
			return fmt.Errorf("the archives of %s hold no %s", s.Name, filepath.ToSlash(rel))
		}
	}
	for i, path := range missing {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return fmt.Errorf("placing the %s: %w", s.kind(), err)
		}
		if err := os.Rename(from[i], path); err != nil {
			return fmt.Errorf("placing the %s: %w", s.kind(), err)
		}
	}
	return nil
}

func begin(o Options, what string, p *Part) {
	if o.Begin != nil {
		o.Begin(what, p)
	}
}

// Package sources finds the images that the arguments of a command name: files, folders, patterns,
// lists, standard input and addresses.
package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"acol/internal/regular"
)

// Stdin is the argument that stands for standard input.
const Stdin = "-"

// Options say what to look for.
type Options struct {
	// Args are paths of files and folders, patterns, addresses and Stdin, an image.
	Args []string
	// List is a file with a source on each line, or Stdin; "" for none. Its sources come after
	// Args.
	List string
	// Out is a folder, an absolute path, that is not searched.
	Out string
	// Mark is a part of the names of files that are left out of folders and patterns.
	Mark string
	// In is standard input.
	In io.Reader
}

// Set is what Find has found.
type Set struct {
	// Images are in the order of the arguments, those of a folder in the order of their names.
	Images []*Image
	// Folders are the folders that were searched, with what was left out of each.
	Folders []*Folder

	opt  Options
	temp *temp
	read bool // standard input has been given to somebody
}

// Find finds the images of the options' arguments. Close lets go of the result. What an argument
// lacks is the error of an Image; the error of Find is that of the list or of a folder.
func Find(ctx context.Context, o Options) (*Set, error) {
	s := &Set{opt: o, temp: &temp{}}
	for _, arg := range o.Args {
		if err := s.add(ctx, arg); err != nil {
			return nil, err
		}
	}
	if o.List == "" {
		return s, nil
	}
	text, err := s.list(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the list of images: %w", err)
	}
	for _, entry := range parseList(text) {
		if err := s.entry(entry); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Close removes the files that stood for addresses and standard input.
func (s *Set) Close() { s.temp.remove() }

// add adds what an argument of the command names.
func (s *Set) add(ctx context.Context, arg string) error {
	if arg == Stdin {
		s.Images = append(s.Images, s.stdin())
		return nil
	}
	if _, err := os.Stat(arg); err != nil && isPattern(arg) && !isAddress(arg) {
		return s.pattern(ctx, arg)
	}
	return s.entry(arg)
}

// entry adds what a line of a list names: a file, a folder or an address.
func (s *Set) entry(arg string) error {
	if isAddress(arg) {
		s.Images = append(s.Images, s.address(arg))
		return nil
	}
	info, err := os.Stat(arg)
	switch {
	case arg == "":
		s.Images = append(s.Images, &Image{Err: absent("an empty name names no image")})
	case errors.Is(err, fs.ErrNotExist):
		s.Images = append(s.Images, &Image{Name: arg, Path: arg, Err: absent(arg + " does not exist")})
	case err != nil:
		s.Images = append(s.Images, &Image{Name: arg, Path: arg, Err: err})
	case info.IsDir():
		return s.folder(arg, "")
	default:
		s.Images = append(s.Images, &Image{Name: arg, Path: arg, Err: regular.Check(arg, info)})
	}
	return nil
}

// absent is the message of a file that is not there, whose cause is fs.ErrNotExist.
type absent string

// Error is the message.
func (a absent) Error() string { return string(a) }

// Unwrap returns fs.ErrNotExist.
func (absent) Unwrap() error { return fs.ErrNotExist }

// isPattern reports whether an argument has signs that stand for parts of names.
func isPattern(arg string) bool { return strings.ContainsAny(arg, "*?[{") }

// pattern adds the files that a pattern matches, and the images of its folders. With ** a pattern
// reaches into folders by itself, and matches files alone.
func (s *Set) pattern(ctx context.Context, arg string) error {
	found, err := doublestar.FilepathGlob(arg, doublestar.WithNoHidden(), doublestar.WithNoFollow())
	if err != nil {
		s.Images = append(s.Images, &Image{
			Name: arg, Path: arg, Err: fmt.Errorf("%s is neither a file nor a pattern: %w", arg, err),
		})
		return nil
	}
	slices.Sort(found)
	base, _ := doublestar.SplitPattern(filepath.ToSlash(arg))
	base = filepath.FromSlash(base)
	before := len(s.Images)
	for _, path := range found {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.match(path, base, strings.Contains(arg, "**")); err != nil {
			return err
		}
	}
	if len(s.Images) == before {
		s.Images = append(s.Images, &Image{Name: arg, Path: arg, Err: absent("no file matches " + arg)})
	}
	return nil
}

// match adds a path that a pattern matches. deep says that folders are matched through.
func (s *Set) match(path, base string, deep bool) error {
	sub := ""
	if rel, err := filepath.Rel(base, filepath.Dir(path)); err == nil && filepath.IsLocal(rel) {
		sub = rel
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
	case info.IsDir() && deep:
		return nil
	case info.IsDir():
		return s.folder(path, filepath.Join(sub, filepath.Base(path)))
	default:
		err = regular.Check(path, info)
	}
	if s.marked(filepath.Base(path)) || s.inOut(path) {
		return nil
	}
	s.Images = append(s.Images, &Image{Name: path, Path: path, Sub: sub, Err: err})
	return nil
}

// marked reports whether a file's name has the mark by which files are left out.
func (s *Set) marked(name string) bool {
	return s.opt.Mark != "" && strings.Contains(name, s.opt.Mark)
}

// inOut reports whether a path is below the folder that is left out.
func (s *Set) inOut(path string) bool {
	real, err := Absolute(path)
	if err != nil || s.opt.Out == "" {
		return false
	}
	rel, err := filepath.Rel(s.opt.Out, real)
	return err == nil && filepath.IsLocal(rel)
}

// Absolute is a path from the root with links followed as far as it exists.
func Absolute(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", path, err)
	}
	rest := ""
	for dir := path; ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest), nil
		}
		if dir == filepath.Dir(dir) {
			return path, nil
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}

var errTwice = errors.New("standard input can be read once")

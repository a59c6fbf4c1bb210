package device

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// endings are those of shared libraries on the systems that load plugins.
var endings = []string{".so", ".dylib", ".dll"}

// places are the patterns of plugins in the folder of plugins: a file by itself, one in a folder,
// and where the packages of JAX have it, unpacked beside the libraries that it takes.
var places = []string{"*", "*/*", "*/jax_plugins/*/*", "*/libtpu/*"}

// Folder is where plugins are looked for: what the variable ACOL_PLUGINS names, else acol/plugins
// in the user's cache folder. It need not exist.
func Folder() (string, error) {
	if dir := os.Getenv("ACOL_PLUGINS"); dir != "" {
		return dir, nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the folder of plugins: %w (ACOL_PLUGINS names one)", err)
	}
	return filepath.Join(base, "acol", "plugins"), nil
}

// Find lists the shared libraries in the folder of plugins, by name. It opens none of them.
func Find() ([]string, error) {
	dir, err := Folder()
	if err != nil {
		return nil, err
	}
	root := os.DirFS(dir)
	if _, err := fs.ReadDir(root, "."); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, fmt.Errorf("looking for plugins: %w", err)
	}
	var list []string
	for _, p := range places {
		found, err := fs.Glob(root, p)
		if err != nil {
			return nil, fmt.Errorf("looking for plugins: %w", err)
		}
		for _, name := range found {
			hidden := strings.HasPrefix(name, ".") // a folder that is being unpacked
			if !hidden && slices.Contains(endings, strings.ToLower(filepath.Ext(name))) {
				list = append(list, filepath.Join(dir, filepath.FromSlash(name)))
			}
		}
	}
	slices.Sort(list)
	return list, nil
}

// Accelerators lists the plugins in the folder of plugins whose names do not say that they are for
// processors.
func Accelerators() ([]string, error) {
	list, err := Find()
	return slices.DeleteFunc(list, func(p string) bool { return guess(p).word == xlaCPU }), err
}

// File gives the file of the plugin that a name of a device, or the path of a plugin, means.
func File(name string) (string, error) {
	n, err := Parse(name)
	if err != nil {
		return "", err
	}
	if n.Word == CPU || n.Word == Auto {
		return "", &Error{Wrong: true, Text: n.Word + " is no plugin",
			Advice: "name a plugin's file or the kind of its devices, such as cuda"}
	}
	return n.locate()
}

// locate gives the file of the plugin that a name means: the last one by name that is for its
// platform, so that cuda13 goes before cuda12.
func (n Name) locate() (string, error) {
	if n.Path != "" {
		return n.Path, nil
	}
	list, err := Find()
	if err != nil {
		return "", err
	}
	for _, path := range slices.Backward(list) {
		if guess(path).word == n.Word {
			return path, nil
		}
	}
	dir, err := Folder()
	if err != nil {
		return "", err
	}
	return "", &Error{
		Text: fmt.Sprintf("there is no plugin for %s in %s", n.Word, dir), Advice: n.comeBy(),
	}
}

// comeBy says how to come by a plugin for a word.
func (n Name) comeBy() string {
	switch n.Word {
	case "cuda":
		return "acol device install cuda13 fetches NVIDIA's"
	case xlaCPU:
		return "acol device install cpu fetches one"
	}
	return "docs/devices.md says where plugins come from"
}

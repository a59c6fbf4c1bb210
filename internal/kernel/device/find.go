package device

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// endings are those of shared libraries on the systems that load plugins.
var endings = []string{".so", ".dylib", ".dll"}

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
	files, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for plugins: %w", err)
	}
	var list []string
	for _, f := range files {
		if slices.Contains(endings, strings.ToLower(filepath.Ext(f.Name()))) {
			list = append(list, filepath.Join(dir, f.Name()))
		}
	}
	return list, nil
}

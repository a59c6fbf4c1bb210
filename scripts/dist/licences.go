package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// licence matches the names of files in which a module says on which terms it may be passed on.
var licence = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)(\.txt|\.md)?$`)

// thirdParty returns the licences of Go and of every module that a build with these settings has
// code of. Most of them want to be passed on with the program.
func thirdParty(env []string) ([]byte, error) {
	const wanted = `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}` + "\t" +
		`{{.Dir}}{{end}}{{end}}`
	text, err := command(env, "go", "list", "-deps", "-f", wanted, "./cmd/acol")
	if err != nil {
		return nil, err
	}
	root, err := command(env, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	modules := append(strings.Split(text, "\n"), "Go\t"+root)
	slices.Sort(modules)
	var b bytes.Buffer
	for _, line := range slices.Compact(modules) {
		name, dir, ok := strings.Cut(line, "\t")
		if !ok {
			continue // of a package of this module
		}
		if err := addLicences(&b, name, dir); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// addLicences appends the licence files of the module name in the folder dir. A module without any
// is an error.
func addLicences(b *bytes.Buffer, name, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	found := false
	for _, e := range entries {
		if !e.Type().IsRegular() || !licence.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		found = true
		fmt.Fprintf(b, "=== %s: %s\n\n%s\n", name, e.Name(), text)
	}
	if !found {
		return fmt.Errorf("%s has no licence in %s", name, dir)
	}
	return nil
}

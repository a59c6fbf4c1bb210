// Explain writes internal/recipe/explanations_gen.go: what each key of a recipe means, taken from
// the doc comments of the Config structs that the recipe is read into. `go generate
// ./internal/recipe` runs it.
//
// The doc comment of a field begins with the field's name. Its first sentence says what the key
// is; what to choose when follows. Names of Go become names of keys: BatchSize of the same struct
// becomes batch_size, and Branches.Kinds of the same package model.branches.kinds.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	root := flag.String("root", "../..", "`DIR` of the module")
	out := flag.String("out", "explanations_gen.go", "`FILE` to write")
	flag.Parse()
	if err := run(*root, *out); err != nil {
		fmt.Fprintln(os.Stderr, "explain:", err)
		os.Exit(1)
	}
}

func run(root, out string) error {
	text, err := generate(root)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, text, 0o666); err != nil {
		return fmt.Errorf("writing the explanations: %w", err)
	}
	return nil
}

// generate makes the file's text from the module in folder root.
func generate(root string) ([]byte, error) {
	s := &source{root: root, packages: map[string]*pkg{}}
	p, err := s.load("internal/recipe")
	if err != nil {
		return nil, err
	}
	entries, err := s.collect(p, "Recipe", "")
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	var problems []error
	for _, e := range entries {
		text, err := e.explain()
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", e.path, err))
		}
		all[e.path] = text
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return format(all)
}

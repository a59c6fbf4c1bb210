package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// What writes by itself does not make words from outside visible.
func TestOnlyOneFileWritesToTheTerminal(t *testing.T) {
	files, err := os.ReadDir(".")
	check(t, err)
	for _, f := range files {
		name := f.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || name == "words.go" {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		check(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			from, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			what := from.Name + "." + sel.Sel.Name
			switch {
			case strings.HasPrefix(what, "fmt.Fprint"), strings.HasPrefix(what, "fmt.Print"),
				what == "io.WriteString", what == "json.NewEncoder",
				(what == "os.Stdout" || what == "os.Stderr") && name != "io.go":
				t.Errorf("%s: %s writes as it is: use printf, newJSONLines or printJSON of words.go",
					set.Position(n.Pos()), what)
			}
			return true
		})
	}
}

// The bar moves the cursor; what is said beside it does not.
func TestTheBarAloneHasControlCharacters(t *testing.T) {
	var b bytes.Buffer
	s, _ := (&streams{Out: &b, Err: &b, Terminal: true}).guarded()
	newBar(s, 10, 0, "img").set(1)
	if !strings.Contains(b.String(), "\r") {
		t.Errorf("no bar: %q", b.String())
	}
	b.Reset()
	s.say("%s\r", "\r")
	if want := `acol: \r\r` + "\n"; !strings.HasSuffix(b.String(), "\r"+want) {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

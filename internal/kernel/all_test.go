package kernel

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"strings"
	"testing"
)

// declared lists the types of this package that have the methods of a Spec.
func declared(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, e.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: importer.Default(), Error: func(error) {}} // imports do not matter
	pkg, _ := conf.Check("kernel", fset, files, nil)
	spec := pkg.Scope().Lookup("Spec").Type().Underlying().(*types.Interface)
	joint := pkg.Scope().Lookup("Joint").Type().Underlying().(*types.Interface) // not for backends
	var names []string
	for _, name := range pkg.Scope().Names() {
		typ, ok := pkg.Scope().Lookup(name).(*types.TypeName)
		if ok && !types.IsInterface(typ.Type()) && types.Implements(typ.Type(), spec) &&
			!types.Implements(typ.Type(), joint) {
			names = append(names, name)
		}
	}
	return names
}

func TestAllListsEveryKindOfSpecOnce(t *testing.T) {
	kinds, listed := map[string]bool{}, map[string]bool{}
	for _, s := range All() {
		if kinds[Kind(s)] {
			t.Errorf("%s is in All twice", Kind(s))
		}
		kinds[Kind(s)] = true
		listed[strings.TrimPrefix(fmt.Sprintf("%T", s), "kernel.")] = true
	}
	names := declared(t)
	if len(names) < 40 {
		t.Fatalf("found %d Specs in the source: the test looks in the wrong place", len(names))
	}
	for _, name := range names {
		if !listed[name] {
			t.Errorf("%s is not in All", name)
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExplanationsAreCurrent(t *testing.T) {
	want, err := generate("../../..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../explanations_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("explanations_gen.go is stale: run go generate ./internal/recipe")
	}
}

// explained writes a module of two packages, whose section has these fields, and explains it.
func explained(t *testing.T, fields string) (string, error) {
	t.Helper()
	root := t.TempDir()
	for file, text := range map[string]string{
		"internal/recipe/recipe.go": "package recipe\n\nimport \"acol/internal/part\"\n\n" +
			"type Recipe struct {\n\tPart part.Config `mapstructure:\"part\"`\n}\n",
		"internal/part/config.go": "package part\n\n// Config is the part section of a recipe: what\n// it holds.\n" +
			"type Config struct {\n" + fields + "\n}\n\n" +
			"// Inner is the part.inner section of a recipe: more.\ntype Inner struct {\n" +
			"\t// LearningRate is the rate.\n\tLearningRate float64 `mapstructure:\"lr\"`\n}\n",
		"internal/part/config_test.go": "package part\n\ntype Config int\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := generate(root)
	return string(out), err
}

func TestCommentsBecomeExplanations(t *testing.T) {
	out, err := explained(t, `
	// BatchSize is the number of images. Larger
	// than [Size] it is not; Steps and Inner.LearningRate go with BatchSize, as Newton's.
	//
	// Steps of more come later.
	//   - one: the first,
	//     and longest
	//   - two: the second
	BatchSize int `+"`mapstructure:\"batch_size\"`"+`
	// Steps are taken. "" is none.
	Steps []int `+"`mapstructure:\"steps\"`"+`
	// Newton says whether the momentum is Newton's.
	Newton bool `+"`mapstructure:\"newton\"`"+`
	Inner Inner `+"`mapstructure:\"inner\"`")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"part": "What it holds."`,
		`"part.batch_size": "The number of images. Larger than [Size] it is not; steps and part.inner.lr go with batch_size, ` +
			`as Newton's.\n\nSteps of more come later.\n  - one: the first, and longest\n  - two: the second"`,
		`"part.steps": "Taken. \"\" is none."`,
		`"part.newton": "Whether the momentum is Newton's."`,
		`"part.inner": "More."`,
		`"part.inner.lr": "The rate."`,
	} {
		if !strings.Contains(squeeze(out), squeeze(want)) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

// squeeze takes gofmt's alignment off.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestCommentsThatExplainNothingAreErrors(t *testing.T) {
	const inner = "\n\tInner Inner `mapstructure:\"inner\"`"
	for _, tc := range []struct{ name, fields, want string }{
		{"none", "\tA int `mapstructure:\"a\"`" + inner, `part.a: the doc comment "" does not begin with "A "`},
		{"of another", "\t// B is it.\n\tA int `mapstructure:\"a\"`" + inner,
			`part.a: the doc comment "B is it.\n" does not begin with "A "`},
		{"no full stop", "\t// A is it\n\tA int `mapstructure:\"a\"`" + inner, "part.a: the doc comment of A does not end with a full stop"},
		{"no key", "\t// A is it.\n\tA int" + inner, "Config: want one field a line, each with a mapstructure tag"},
		{"two at once", "\t// A, B are it.\n\tA, B int `mapstructure:\"a\"`" + inner,
			"Config: want one field a line, each with a mapstructure tag"},
		{"a section of another name", "\tInner Inner `mapstructure:\"outer\"`",
			`part.outer: the doc comment "Inner is the part.inner section of a recipe: more.\n" does not begin with ` +
				`"Inner is the part.outer section of a recipe: "`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := explained(t, tc.fields); err == nil || err.Error() != tc.want {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

package recipe

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// pageWidth is how many columns a recipe with explanations and a page of documentation take.
const pageWidth = 98

// WriteExplained writes every key of r as YAML, each below its explanation. A key whose value
// follows other keys, or is the name that a recipe has without a file, is commented out, so that
// whoever edits the file does not have to edit it as well.
func WriteExplained(w io.Writer, r *Recipe) error {
	var b strings.Builder
	if err := schema.explain(&b, r, ""); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (f *field) explain(b *strings.Builder, r *Recipe, indent string) error {
	for i, c := range f.children {
		if i > 0 {
			b.WriteByte('\n')
		}
		doc := explanations[c.path]
		if c.choices != nil && !hasItems(doc) {
			doc += " It is " + c.typeName() + "."
		}
		wrapDoc(b, doc, indent+"# ", pageWidth)
		if c.section() {
			fmt.Fprintf(b, "%s%s:\n", indent, c.name)
			if err := c.explain(b, r, indent+"  "); err != nil {
				return err
			}
			continue
		}
		value, err := c.toNode(r)
		if err != nil {
			return err
		}
		raw, err := yaml.Marshal(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{
			{Kind: yaml.ScalarNode, Value: c.name}, value,
		}})
		if err != nil {
			return fmt.Errorf("writing %s: %w", c.path, err)
		}
		out := ""
		if c.follows(r) {
			out = "#"
		}
		for line := range strings.Lines(string(raw)) {
			b.WriteString(indent + out + line)
		}
	}
	return nil
}

const annotatedHead = `# Every key of a recipe at its default, each below its explanation.
#
# A recipe of your own needs only the keys that differ from it, as the other files in this folder
# have them. data.root, and data.metadata for format wsol, have no default: the folders here are
# examples. A key that is commented out takes its value from other keys until you set it.
#
# Made by go generate ./internal/recipe. acol config show --explain FILE prints any recipe this way.

`

// WriteAnnotated writes the recipe of all defaults with explanations, configs/annotated.yaml.
func WriteAnnotated(w io.Writer) error {
	if _, err := io.WriteString(w, annotatedHead); err != nil {
		return err
	}
	r := Default()
	r.Data.Root, r.Data.Metadata = "data/images", "data/metadata"
	return WriteExplained(w, r)
}

const markdownHead = "# The keys of a recipe\n" + `
<!-- Made by go generate ./internal/recipe from the doc comments of the Config structs. -->

A recipe is one YAML file that says everything about an experiment. Keys that it leaves out have
their defaults. ` + "`acol config keys`" + ` explains the keys in a terminal, and
[configs/annotated.yaml](../configs/annotated.yaml) is a recipe with these explanations.

Each key can be changed for one command, by ` + "`--set train.epochs=3`" + ` or by the variable
` + "`ACOL_TRAIN_EPOCHS=3`" + `. The former wins over the latter, and both win over the file.
`

// WriteMarkdown writes all sections and keys with their explanations, docs/recipe.md.
func WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString(markdownHead)
	schema.markdown(&b, Default())
	_, err := io.WriteString(w, b.String())
	return err
}

var (
	// itemWord is the word that an item of a list explains.
	itemWord = regexp.MustCompile(`(?m)^(  - )(\S+):`)
	// docsPage is another page of documentation, as explanations name it.
	docsPage = regexp.MustCompile(`docs/([a-z]+\.md)`)
)

// markdown writes the keys of a section, and then the sections in it.
func (f *field) markdown(b *strings.Builder, defaults *Recipe) {
	if f != schema {
		fmt.Fprintf(b, "\n## %s\n\n", f.path)
		wrapDoc(b, explanations[f.path], "", pageWidth)
	}
	first := true
	for _, c := range f.children {
		if c.section() {
			continue
		}
		if first {
			b.WriteByte('\n')
			first = false
		}
		doc := explanations[c.path]
		value := "`" + asYAML(c.get(defaults)) + "` by default"
		switch {
		case c.choices == nil:
			value = c.typeName() + "; " + value
		case !hasItems(doc):
			value = "one of `" + strings.Join(c.choices, "`, `") + "`; " + value
		}
		doc = docsPage.ReplaceAllString(itemWord.ReplaceAllString(doc, "$1`$2`:"), "[$1]($1)")
		wrapDoc(b, fmt.Sprintf("- **%s** (%s). %s", c.name, value, doc), "", pageWidth)
	}
	for _, c := range f.children {
		if c.section() {
			c.markdown(b, defaults)
		}
	}
}

package recipe

import (
	"fmt"
	"io"
	"reflect"

	"go.yaml.in/yaml/v3"

	"acol/internal/visible"
)

// Write writes every key of r as YAML, in the order of the structs. Loading what it wrote returns
// the same recipe.
func Write(w io.Writer, r *Recipe) error {
	doc, err := schema.toNode(r)
	if err != nil {
		return err
	}
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("writing the recipe: %w", err)
	}
	return enc.Close()
}

func (f *field) toNode(r *Recipe) (*yaml.Node, error) {
	n := new(yaml.Node)
	if !f.section() {
		if err := n.Encode(f.get(r)); err != nil {
			return nil, fmt.Errorf("writing %s: %w", f.path, err)
		}
		if f.typ.Kind() == reflect.Slice && f.typ.Elem().Kind() != reflect.String {
			n.Style = yaml.FlowStyle
		}
		quoteHidden(n)
		return n, nil
	}
	n.Kind = yaml.MappingNode
	for _, c := range f.children {
		value, err := c.toNode(r)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: c.name}, value)
	}
	return n, nil
}

// quoteHidden puts values with control characters into double quotes, where an escape stands for
// the character: what shows the text on a terminal may then escape those that YAML leaves as they
// are.
func quoteHidden(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && visible.Text(n.Value) != n.Value {
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, c := range n.Content {
		quoteHidden(c)
	}
}

package recipe

import "reflect"

// Change is a key that has different values in two recipes. The values are as in YAML, on one line.
type Change struct {
	Key, Was, Now string
}

// Changes returns the keys whose values differ between two recipes, in the order of the recipe.
func Changes(was, now *Recipe) []Change {
	var out []Change
	for _, f := range keys {
		if a, b := f.get(was), f.get(now); !reflect.DeepEqual(a, b) {
			out = append(out, Change{f.path, asYAML(a), asYAML(b)})
		}
	}
	return out
}

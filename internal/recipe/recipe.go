// Package recipe reads the YAML file that says everything about an experiment:
// the network, the data, how it is trained, evaluated and shown.
//
// Reading is strict. A key that does not exist, a value of the wrong type, a key
// written twice or values that contradict each other are errors that name the
// key, the value, where it was written and the nearest right one; all of them
// are reported together.
package recipe

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"acol/internal/data"
	"acol/internal/eval"
	"acol/internal/localize"
	"acol/internal/model"
	"acol/internal/train"
)

// Recipe is one experiment in full: every key has its value.
type Recipe struct {
	// Name is the name of the experiment and of its run's folder. The default is the name of the
	// recipe's file without its ending.
	Name     string          `mapstructure:"name"`
	Model    model.Config    `mapstructure:"model"`
	Data     data.Config     `mapstructure:"data"`
	Train    train.Config    `mapstructure:"train"`
	Eval     eval.Config     `mapstructure:"eval"`
	Localize localize.Config `mapstructure:"localize"`
}

// Default returns the recipe of an empty file. Validate refuses it, since a recipe has to say where
// the data are.
func Default() *Recipe {
	return &Recipe{
		Name:     "acol",
		Model:    model.DefaultConfig(),
		Data:     data.DefaultConfig(),
		Train:    train.DefaultConfig(),
		Eval:     eval.DefaultConfig(),
		Localize: localize.DefaultConfig(),
	}
}

// Validate returns an *Error that lists every value that is out of range or contradicts another.
// It does not look for files: CheckPaths does.
func (r *Recipe) Validate() error {
	var p problems
	r.validate(&p, func(string) bool { return true }, nil)
	return p.err()
}

// validate adds to p what is wrong in the sections that want accepts. origin says where the value
// of a key was written; a key that it lacks has its default.
func (r *Recipe) validate(p *problems, want func(section string) bool, origin map[string]string) {
	bad := func(section string) func(key, msg string) {
		return func(key, msg string) {
			full := strings.TrimPrefix(section+"."+key, ".")
			p.add(Problem{Key: full, Msg: msg, Where: whereOf(origin, full)})
		}
	}
	if want("name") {
		validateName(r.Name, bad(""))
	}
	for _, s := range []struct {
		name     string
		validate func(func(key, msg string))
	}{
		{"model", r.Model.Validate},
		{"data", r.Data.Validate},
		{"train", r.Train.Validate},
		{"eval", r.Eval.Validate},
		{"localize", r.Localize.Validate},
	} {
		if want(s.name) {
			s.validate(bad(s.name))
		}
	}
	if b := r.Train.Best; want("train") && b.NeedsVal() && !r.Data.Has("val") {
		bad("train")("best", fmt.Sprintf("%s is a figure of val, and data.val is empty", b))
	}
	if want("train") && r.Train.CutMix.Probability > 0 {
		r.validateMixing(bad("train"), "cutmix.probability", "CutMix")
	}
	if want("train") && r.Train.MixUp.Probability > 0 {
		r.validateMixing(bad("train"), "mixup.probability", "mixup")
	}
}

// validateMixing reports settings of other sections under which mixed images have no meaning.
func (r *Recipe) validateMixing(bad func(key, msg string), key, method string) {
	if len(r.Model.Branches.Kinds) > 1 {
		bad(key, fmt.Sprintf("%s needs model.branches.kinds p, not %q: "+
			"a mixed image has two labels, and a branch erases by one", method, r.Model.Branches.Kinds))
	}
	if r.Model.Loss.Name == "sigmoid" {
		bad(key, method+" needs model.loss.name softmax: "+
			"a mixed image shows two classes in parts, which sigmoid cannot say")
	}
	if r.Train.BatchSize < 2 {
		bad(key, method+" mixes the images of a batch, and train.batch_size is 1")
	}
}

// validateName reports a name that cannot be that of a folder.
func validateName(name string, bad func(key, msg string)) {
	switch {
	case name == "":
		bad("name", "is empty")
	case len(name) > 200:
		bad("name", fmt.Sprintf("%s is %d bytes long, at most 200", show(name), len(name)))
	case name[0] == '.', strings.ContainsAny(name, `/\`), strings.ContainsFunc(name, unicode.IsControl):
		bad("name", fmt.Sprintf("%s cannot name a folder: no slashes, no leading dot", show(name)))
	}
}

var index = regexp.MustCompile(`\[\d+\]$`)

// whereOf returns where the value of a key was written. An element such as model.branches.deltas[1]
// was written where its list was.
func whereOf(origin map[string]string, key string) string {
	if at, ok := origin[index.ReplaceAllString(key, "")]; ok || origin == nil {
		return at
	}
	return "default"
}

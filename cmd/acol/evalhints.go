package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"acol/internal/data"
	"acol/internal/eval"
	"acol/internal/run"
)

// splitsOf lists the splits that a recipe's data have, in the order of their roles.
func splitsOf(cfg data.Config) []string {
	names, _ := cfg.Named(nil)
	return names
}

// finalSplit is the split of a recipe's data that figures are reported on: test where there is one,
// else val, else train.
func finalSplit(cfg data.Config) string {
	names := splitsOf(cfg)
	if len(names) == 0 {
		return "test"
	}
	return names[len(names)-1]
}

// chooseSplit settles which split of a recipe's data is measured, where no flag says so.
func (o *evalOptions) chooseSplit(cfg data.Config) {
	if o.Split != "" {
		return
	}
	o.Split = finalSplit(cfg)
	if o.Split != "test" {
		o.streams.say("the recipe has no test split: %s is measured", o.Split)
	}
}

// chooseEvaluations settles which split's evaluations of two runs are compared, where no flag says
// so: test, or the last in the order of roles that the first one has.
func (o *evalOptions) chooseEvaluations() {
	if o.Split != "" {
		return
	}
	o.Split = "test"
	if has := run.Folder(o.Compare).Evaluated(); len(has) > 0 {
		o.Split = has[len(has)-1]
	}
}

// hintSplit adds to a split that cannot be opened, since the recipe has none of that name, which
// ones it has.
func hintSplit(err error, cfg data.Config, split string) error {
	var strange *eval.ClassesError
	if errors.As(err, &strange) && strange.Class != "" {
		return hinted{err, "--set data.classes=NAME,... keeps the classes that the model knows"}
	}
	names := splitsOf(cfg)
	if err == nil || slices.Contains(names, split) || len(names) == 0 {
		return err
	}
	return hinted{err, fmt.Sprintf("the recipe has %s: --split %s measures that, and "+
		"--set data.%s=NAME names one", strings.Join(names, " and "), names[len(names)-1], split)}
}

// needsBoxes says of what was asked that it needs boxes, and what to do. It is nil where the split
// has them.
func needsBoxes(ev *eval.Evaluator, what, split string) error {
	if ev.Has(eval.Boxes) {
		return nil
	}
	return hinted{fmt.Errorf("%s needs boxes, and split %s has none", what, split),
		"docs/data.md says where each format has boxes; " +
			"acol eval --by-class measures classification"}
}

// tellCollapsed warns of a model that takes all images of a split for one class.
func tellCollapsed(s *streams, r *eval.Report) {
	class, images, ok := r.Confusion.Collapsed()
	if !ok {
		return
	}
	s.say("warning: the model tells no classes apart: it takes %d of %d images of %s for %q",
		images, r.Images, r.Split, class)
	s.hint("train longer, or at other rates; acol data check looks for wrong data")
}

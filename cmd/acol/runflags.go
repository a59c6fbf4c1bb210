package main

import (
	"github.com/spf13/cobra"

	"acol/internal/choice"
	"acol/internal/data"
)

// addRunFlags adds the flags of a command that opens a trained model: --run and --checkpoint, which
// name it, and --set and the flags of addComputeFlags, which override its recipe.
func addRunFlags(c *cobra.Command, dir, checkpoint *string, set *[]string) {
	f := c.Flags()
	f.StringVar(dir, "run", "",
		"the run's `DIR`, or a model in it (default: the newest finished one below runs)")
	f.StringVar(checkpoint, "checkpoint", "last", "`WHICH` model: last, best or a file")
	addSetFlag(c, set, "override a key of the run's recipe, `KEY=VALUE`; may be repeated")
	addComputeFlags(c, set)
	c.PreRunE = func(c *cobra.Command, _ []string) error { return oneModel(c, *dir) }
}

// checkSplit refuses a --split that no data set has.
func checkSplit(name string) error {
	if err := choice.Check(data.SplitName(name)); err != nil {
		return usagef("--split %w", err)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"acol/internal/regular"
	"acol/internal/visible"
)

// execute runs the program and gives its exit code. It is all of main but the
// process around it.
func execute(ctx context.Context, s *streams, args []string) int {
	s, flush := s.guarded()
	root := newRootCmd(s)
	root.SetArgs(args)
	c, err := root, enoughToStart()
	if err == nil {
		c, err = root.ExecuteContextC(ctx)
	}
	if lost := flush(); err == nil && lost != nil {
		err = fmt.Errorf("printing the results: %w", lost)
	}
	if err == nil {
		return exitOK
	}
	err = nameFlags(c, err)
	if errors.As(err, new(foundError)) {
		return exitCode(err)
	}
	for i, line := range visible.Lines(err) {
		if i == 0 {
			s.say("error: %s", line)
			continue
		}
		s.say("       %s", line)
	}
	var h interface{ Hint() string }
	switch {
	case errors.As(err, &h):
		s.hint("%s", h.Hint())
	case regular.Lacking(err):
		s.hint("the process may open too few files (ulimit -n) or take too little memory (ulimit -v)")
	}
	return exitCode(err)
}

func newRootCmd(s *streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "acol",
		Short: "Train, evaluate and run ACoL: image labels in, heat maps and boxes out",
		Long: `acol trains, evaluates and runs ACoL, Adversarial Complementary Learning for
weakly supervised object localization (Zhang et al., CVPR 2018): from image
labels alone it learns heat maps and boxes.

Results go to standard output, progress and messages to standard error.
Exit codes: 0 done; 1 failed; 2 wrong flags, arguments or recipe; 3 some of the
images failed, the rest are done; 4 a check found errors, 5 warnings alone;
130 interrupted, with everything saved: by Ctrl-C, SIGTERM, a terminal that closes
or a pipe behind standard error that breaks.`,
		Example: `  acol train --config configs/cub16-squeezenet-pp.yaml
  acol eval --run runs/cub16-squeezenet-pp --split test
  acol localize --run runs/cub16-squeezenet-pp bird.jpg`,
		Args:          subcommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return hinted{usageError{err}, "see " + c.CommandPath() + " --help"}
	})
	root.AddCommand(
		newTrainCmd(s, runTrain),
		newEvalCmd(s, runEval),
		newSweepCmd(s, runSweep),
		newLocalizeCmd(s, runLocalize),
		newInspectCmd(s, runInspect),
		newWeightsCmd(s),
		newDataCmd(s),
		newConfigCmd(s),
		newBenchCmd(s, runBench),
		newVersionCmd(s),
	)
	strictArgs(root)
	return root
}

// subcommand checks the arguments of a command that has only subcommands.
func subcommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("unknown command %q for %q; did you mean %s?", args[0], c.CommandPath(), near[0])
	}
	return fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())
}

// strictArgs makes wrong arguments a usage error, for exit code 2.
func strictArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return hinted{usageError{err}, "see " + c.CommandPath() + " --help"}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		strictArgs(sub)
	}
}

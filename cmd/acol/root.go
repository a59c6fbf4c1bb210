package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"acol/cmd/acol/help"
	"acol/internal/regular"
	"acol/internal/visible"
)

// execute runs the program and gives its exit code. It is all of main but the
// process around it.
func execute(ctx context.Context, s *streams, args []string) int {
	s, flush := s.guarded()
	s.stopped = ctx.Done()
	root := newRootCmd(s)
	root.SetArgs(args)
	c, err := root, enoughToStart()
	if err == nil {
		err = joinRanks(s, commandOf(root, args))
	}
	if err == nil {
		c, err = root.ExecuteContextC(ctx)
	}
	if lost := flush(); err == nil && lost != nil {
		err = fmt.Errorf("printing the results: %w", lost)
	}
	return s.Ranks.finish(s, err, func(s *streams, err error) { tellError(s, c, args, err) })
}

// commandOf returns the command that arguments name.
func commandOf(root *cobra.Command, args []string) *cobra.Command {
	c, _, err := root.Find(args)
	if err != nil {
		return root
	}
	return c
}

// tellError says what a command failed at, and what can be done about it.
func tellError(s *streams, c *cobra.Command, args []string, err error) {
	err = hintDataSet(suggestFlag(c, args, nameFlags(c, err)))
	if errors.As(err, new(foundError)) {
		return
	}
	stopped := errors.Is(err, context.Canceled)
	for i, line := range visible.Lines(err) {
		if stopped { // the user has never heard of a context
			line = strings.Replace(line, context.Canceled.Error(), "interrupted", 1)
		}
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
}

func newRootCmd(s *streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "acol",
		Short: "Learn from image labels where objects are",
		Long: `acol learns where objects are in photographs from labels that only say what they
are: image labels in, heat maps and boxes out (ACoL, Zhang et al., CVPR 2018).`,
		Args:          subcommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       buildVersion().program(),
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().BoolP("version", "v", false, "print the version")
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		printLines(s, help.Lines(c, slices.Contains(args, "-h")))
	})
	root.SetHelpCommand(newHelpCmd(s))
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return hinted{usageError{err}, "see " + c.CommandPath() + " --help"}
	})
	root.AddCommand(
		newInitCmd(s, runInit),
		newTrainCmd(s, runTrain),
		newEvalCmd(s, runEval),
		newSweepCmd(s, runSweep),
		newLocalizeCmd(s, runLocalize),
		newServeCmd(s, runServe),
		newReportCmd(s, runReport),
		newInspectCmd(s, runInspect),
		newWeightsCmd(s),
		newDataCmd(s),
		newConfigCmd(s),
		newBenchCmd(s, runBench),
		newDeviceCmd(s),
		newVersionCmd(s),
	)
	nameCompletion(root)
	addCompletions(root)
	strictArgs(root)
	return root
}

// nameCompletion makes the command for shells, which is cobra's, one like the others.
func nameCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	c := commandNamed(root, "completion")
	c.Short = "Print the script that has a shell complete acol's words"
	c.Long = `Print the script that has a shell complete acol's commands, flags, runs, keys,
splits, weights and recipes. Each command's help says where it goes.`
	c.Example = `  source <(acol completion bash)
  acol completion zsh > "${fpath[1]}/_acol"`
	c.Args = subcommand
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
}

// subcommand checks the arguments of a command that has only subcommands.
func subcommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return unknownCommand(c, args[0])
}

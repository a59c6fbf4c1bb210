package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"acol/cmd/acol/help"
)

// newHelpCmd is acol help, which takes the words of a command or a topic.
func newHelpCmd(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:                   "help [COMMAND|TOPIC]",
		DisableFlagsInUseLine: true,
		Short:                 "Explain a command, the exit codes or the environment",
		Long: `Explain a command, as acol COMMAND --help does, or one of these topics:

  exit-codes   what acol returns to the shell
  environment  the variables that change what acol does`,
		Example: `  acol help train
  acol help data check
  acol help exit-codes`,
		ValidArgsFunction: completeHelp,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				if lines, ok := help.Topic(args[0]); ok {
					printLines(s, lines)
					return nil
				}
			}
			at := c.Root()
			for _, name := range args {
				below := commandNamed(at, name)
				if below == nil {
					err := usageError{unknownCommand(at, name)}
					return hinted{err, "acol help lists all commands; topics are " +
						strings.Join(help.Topics(), ", ")}
				}
				at = below
			}
			printLines(s, help.Lines(at, false))
			return nil
		},
	}
}

// printLines prints lines of help.
func printLines(s *streams, lines []string) {
	for _, line := range lines {
		printf(s.Out, "%s\n", line)
	}
}

// completeHelp lets the shell complete commands and topics.
func completeHelp(
	c *cobra.Command, args []string, text string,
) ([]string, cobra.ShellCompDirective) {
	at := c.Root()
	for _, name := range args {
		if at = commandNamed(at, name); at == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
	}
	names := commandNames(at)
	if len(args) == 0 {
		names = append(names, help.Topics()...)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, text) })
	return names, cobra.ShellCompDirectiveNoFileComp
}

// commandNamed is the command of that name below another; nil where there is none.
func commandNamed(c *cobra.Command, name string) *cobra.Command {
	for _, sub := range c.Commands() {
		if sub.Name() == name || sub.HasAlias(name) {
			return sub
		}
	}
	return nil
}

// commandNames are the names of the commands below another that are not hidden.
func commandNames(c *cobra.Command) []string {
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			names = append(names, sub.Name())
		}
	}
	return names
}

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// commandGroups are the headings of a command's subcommands in its help, by what people do, with
// the names below each in the order of use. A command that stands nowhere here is listed last.
// Those of a group on one line need no explanation.
var commandGroups = []struct {
	title   string
	names   []string
	oneLine bool
}{
	{title: "From photographs to boxes", names: []string{"init", "train", "eval", "report", "localize", "serve"}},
	{title: "Data and recipes", names: []string{"data", "config"}},
	{title: "Models", names: []string{"sweep", "inspect", "weights", "bench"}},
	{title: "This program", names: []string{"version", "device", "completion", "help"}, oneLine: true},
}

// helpTopics are the pages of acol help that are no command's.
var helpTopics = map[string]string{
	"exit-codes": `Results go to standard output, progress and messages to standard error.

Every command ends with one of these codes:

  0    done
  1    failed
  2    wrong flags, arguments or recipe: nothing was begun
  3    some or all of the images failed; each was reported, and the rest are done
  4    a check found errors
  5    a check found warnings, but no errors
  130  interrupted, with everything saved: by Ctrl-C, SIGTERM, a terminal that
       closes, or a pipe behind standard error that breaks`,
	"environment": `These variables change what acol does:

  ACOL_TRAIN_EPOCHS=3, ...  a key of the recipe, here train.epochs. It wins over the
                            recipe, and --set wins over it. acol config keys --long
                            names the variable of each key
  ACOL_CACHE                the folder of fetched files (default: acol/weights in your
                            cache folder)
  ACOL_MIRROR               the server to fetch published weights from
  ACOL_MIRROR_DATA          the server to fetch data sets from
  ACOL_PLUGINS              the folder of PJRT plugins (default: acol/plugins in your
                            cache folder)
  ACOL_COMPILED             the folder of programs compiled for devices, or off
                            (default: acol/compiled in your cache folder)
  ACOL_MIRROR_PLUGINS       a server to fetch plugins from in place of PyPI's
  HTTPS_PROXY, NO_PROXY     the proxy for what is fetched
  GOMEMLIMIT, GOGC          how much memory Go's runtime aims at, and how often it
                            collects; acol chooses them by the machine otherwise`,
}

// helpWidth is how wide help is, in columns.
const helpWidth = 80

// printHelp prints the help of a command: what it is for, how it is called, examples, and its
// subcommands or flags in groups. The short help has only the first paragraph of what it is for.
func printHelp(s *streams, c *cobra.Command, short bool) {
	text := strings.TrimSpace(c.Long)
	if text == "" {
		text = c.Short
	}
	if short {
		text, _, _ = strings.Cut(text, "\n\n")
	}
	lines := fitHelp(text)
	switch {
	case !c.HasParent():
		lines = append(lines, "", "Usage: acol COMMAND [flags] ...", "")
		lines = append(lines, subcommandLines(c)...)
		lines = append(lines,
			"To begin: acol train PHOTOS, or at once acol localize --model resnet50 IMAGE",
			"acol COMMAND --help explains a command, and -h does so in short.")
	case c.HasAvailableSubCommands():
		lines = append(lines, "", "Usage: "+c.CommandPath()+" COMMAND [flags] ...", "", "Commands:")
		lines = append(lines, commandLines(c.Commands())...)
		lines = append(lines, exampleLines(c)...)
		lines = append(lines, "", c.CommandPath()+" COMMAND --help explains a command.")
	default:
		lines = append(lines, "", "Usage: "+c.UseLine())
		lines = append(lines, exampleLines(c)...)
		lines = append(lines, flagGroupLines(c)...)
		if short {
			lines = append(lines, "", c.CommandPath()+" --help says more.")
		}
	}
	printLines(s, lines)
}

// printLines prints lines of the program's own; cobra's have tabs.
func printLines(s *streams, lines []string) {
	for _, line := range lines {
		printf(s.Out, "%s\n", strings.ReplaceAll(line, "\t", "  "))
	}
}

// exampleLines are a command's examples below their heading.
func exampleLines(c *cobra.Command) []string {
	if c.Example == "" {
		return nil
	}
	return append([]string{"", "Examples:"}, strings.Split(c.Example, "\n")...)
}

// subcommandLines are the commands below another, in groups.
func subcommandLines(c *cobra.Command) []string {
	var lines []string
	left := slices.Clone(c.Commands())
	for _, g := range commandGroups {
		var of []*cobra.Command
		for _, name := range g.names {
			named := func(c *cobra.Command) bool { return c.Name() == name }
			if i := slices.IndexFunc(left, named); i >= 0 {
				of = append(of, left[i])
				left = slices.Delete(left, i, i+1)
			}
		}
		switch {
		case g.oneLine:
			lines = append(lines, g.title+": "+strings.Join(g.names, ", "))
		case len(of) > 0:
			lines = append(append(lines, g.title+":"), commandLines(of)...)
		}
	}
	if more := commandLines(left); len(more) > 0 {
		lines = append(append(lines, "More:"), more...)
	}
	return lines
}

// commandLines are a line for each command that is not hidden.
func commandLines(commands []*cobra.Command) []string {
	var lines []string
	for _, c := range commands {
		if c.IsAvailableCommand() || c.Name() == "help" {
			lines = append(lines, fmt.Sprintf("  %-11s %s", c.Name(), c.Short))
		}
	}
	return lines
}

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
			if len(args) == 1 && helpTopics[args[0]] != "" {
				printLines(s, fitHelp(helpTopics[args[0]]))
				return nil
			}
			at := c.Root()
			for _, name := range args {
				below := commandNamed(at, name)
				if below == nil {
					err := usageError{unknownCommand(at, name)}
					return hinted{err, "acol help lists all commands; topics are " +
						strings.Join(topicNames(), ", ")}
				}
				at = below
			}
			printHelp(s, at, false)
			return nil
		},
	}
}

// topicNames are the names of the topics in order.
func topicNames() []string {
	var names []string
	for name := range helpTopics {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
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
		names = append(names, topicNames()...)
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

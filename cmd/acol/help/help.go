// Package help lays out what acol's commands say of themselves, in lines for a terminal.
package help

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

// Width is how wide help is, in columns.
const Width = 80

// Lines are the help of a command: what it is for, how it is called, examples, and its subcommands
// or flags in groups. The short help has only the first paragraph of what it is for.
func Lines(c *cobra.Command, short bool) []string {
	text := strings.TrimSpace(c.Long)
	if text == "" {
		text = c.Short
	}
	if short {
		text, _, _ = strings.Cut(text, "\n\n")
	}
	lines := fit(text)
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
		lines = append(lines, Flags(c)...)
		if short {
			lines = append(lines, "", c.CommandPath()+" --help says more.")
		}
	}
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(line, "\t", "  ") // cobra's have tabs
	}
	return lines
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

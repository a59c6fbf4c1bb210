package help

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroup is a heading of flags in help with the names of the flags below it. Before the name of
// a flag that is another one elsewhere stands that of its command.
type flagGroup struct {
	title string
	names []string
}

// flagGroups are the groups of the flags of all commands, in their order. What stands in none is in
// the one without names.
var flagGroups = []flagGroup{
	{"Model and recipe", []string{
		"arch", "checkpoint", "config", "depth", "head", "kinds", "model", "recipe", "run", "set",
		"weights",
	}},
	{"Data", []string{
		"dir", "from-scoremaps", "localize list", "masks", "metadata", "normalize", "resize",
		"split", "splits", "val-scoremaps",
	}},
	{"What to do", nil},
	{"Results", []string{
		"by-class", "colormap", "crops", "csv", "curve", "export", "json", "labels", "mask", "npy",
		"opacity", "out", "panel", "records", "save-scoremaps", "show",
	}},
	{"Server", []string{"address", "name", "token"}},
	{"Computing", []string{"device", "kernels", "precision", "threads", "workers"}},
}

// fewFlags need no groups.
const fewFlags = 5

// Flags are the flags of a command in groups. The flag for help, which has just been
// given, is left out.
func Flags(c *cobra.Command) []string {
	groups := make([][]*pflag.Flag, len(flagGroups))
	width, n := 0, 0
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		at := groupOf(c.Name(), f.Name)
		groups[at] = append(groups[at], f)
		width, n = max(width, len(flagName(f))), n+1
	})
	var lines []string
	if n > 0 && n <= fewFlags {
		lines = append(lines, "", "Flags:")
	}
	for i, flags := range groups {
		if len(flags) > 0 && n > fewFlags {
			lines = append(lines, "", flagGroups[i].title+":")
		}
		for _, f := range flags {
			lines = append(lines, flagLines(f, width)...)
		}
	}
	return lines
}

// groupOf is the index of the group of a command's flag.
func groupOf(command, name string) int {
	others := 0
	for i, g := range flagGroups {
		if slices.Contains(g.names, name) || slices.Contains(g.names, command+" "+name) {
			return i
		}
		if g.names == nil {
			others = i
		}
	}
	return others
}

// flagName is how help writes a flag: its letter, its name and the word for its value.
func flagName(f *pflag.Flag) string {
	name := "    --" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", --" + f.Name
	}
	if value, _ := pflag.UnquoteUsage(f); value != "" {
		name += " " + value
	}
	return name
}

// flagLines are the lines of a flag, its explanation in a column behind the names, which are up to
// width bytes long.
func flagLines(f *pflag.Flag, width int) []string {
	_, usage := pflag.UnquoteUsage(f)
	if !slices.Contains([]string{"", "false", "0", "[]"}, f.DefValue) {
		usage += fmt.Sprintf(" (default %s)", f.DefValue)
	}
	const widest = 26 // of the names: longer ones have a line alone
	width = min(width, widest)
	name := flagName(f)
	indent := strings.Repeat(" ", 2+width+2)
	lines := Wrap(usage, Width-len(indent))
	for i := range lines {
		lines[i] = indent + lines[i]
	}
	if len(name) > width {
		return append([]string{"  " + name}, lines...)
	}
	lines[0] = fmt.Sprintf("  %-*s  %s", width, name, strings.TrimLeft(lines[0], " "))
	return lines
}

// Wrap breaks a text of words between spaces into lines of at most width bytes, or of one word.
func Wrap(text string, width int) []string {
	lines := []string{""}
	for word := range strings.FieldsSeq(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case len(*last)+1+len(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}

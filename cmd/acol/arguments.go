package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// strictArgs makes wrong arguments a usage error, for exit code 2.
func strictArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return hinted{usageError{plainArguments(c, args, err)},
					"see " + c.CommandPath() + " --help"}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		strictArgs(sub)
	}
}

// plainArguments says what cobra's checks of the number of arguments say, by the names of the
// arguments in the command's line of use. Other errors stay as they are.
func plainArguments(c *cobra.Command, args []string, err error) error {
	most := -1
	switch text := err.Error(); {
	case c.HasSubCommands():
		return err
	case strings.HasPrefix(text, "unknown command"): // cobra.NoArgs
		most = 0
	case strings.HasPrefix(text, "requires at least"):
		return missingArgument(c, args)
	default:
		exact, _ := fmt.Sscanf(text, "accepts %d arg(s)", &most)
		limit := 0
		if exact == 0 {
			limit, _ = fmt.Sscanf(text, "accepts at most %d arg(s)", &most)
		}
		if exact+limit == 0 {
			return err
		}
	}
	if len(args) <= most {
		return missingArgument(c, args)
	}
	extra := args[max(0, most)]
	if did := flagFor(c, extra); did != "" {
		return fmt.Errorf("unexpected %q; did you mean %s?", extra, did)
	}
	return fmt.Errorf("unexpected %q: want %s", extra, c.UseLine())
}

// missingArgument says which argument is missing.
func missingArgument(c *cobra.Command, args []string) error {
	names := argumentNames(c)
	if len(names) == 0 {
		return fmt.Errorf("an argument is missing: want %s", c.UseLine())
	}
	return fmt.Errorf("%s is missing: want %s", names[min(len(args), len(names)-1)], c.UseLine())
}

// argumentNames are the words for a command's arguments in its line of use, without those that
// stand for the values of flags.
func argumentNames(c *cobra.Command) []string {
	var names []string
	flag := true // the command's own name is none either
	for w := range strings.FieldsSeq(c.Use) {
		switch {
		case strings.HasPrefix(w, "-"):
			flag = true
			continue
		case !flag:
			names = append(names, strings.Trim(w, "[]."))
		}
		flag = false
	}
	return names
}

// flagFor is the flag that the path of a recipe or of a run most likely belongs to, where the
// command has it; "" for others.
func flagFor(c *cobra.Command, path string) string {
	ext := filepath.Ext(path)
	if c.Flags().Lookup("config") != nil && (ext == ".yaml" || ext == ".yml") {
		return "--config " + shellWord(path)
	}
	_, err := os.Stat(path)
	if c.Flags().Lookup("run") != nil && err == nil {
		return "--run " + shellWord(path)
	}
	return ""
}

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"acol/cmd/acol/help"
)

// helpOf is what a command line prints.
func helpOf(t *testing.T, line ...string) string {
	t.Helper()
	s, out, messages := memoryIO()
	if code := execute(t.Context(), s, line); code != exitOK {
		t.Fatalf("%q: exit code %d, %s", line, code, messages)
	}
	return out.String()
}

func TestTheHelpOfAcolFitsOneScreen(t *testing.T) {
	const height, width = 24, 80
	text := helpOf(t)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) >= height { // a line is the shell's
		t.Errorf("%d lines", len(lines))
	}
	for _, l := range lines {
		if utf8.RuneCountInString(l) > width {
			t.Errorf("more than %d columns: %s", width, l)
		}
	}
	if strings.Contains(text, "More:") {
		t.Errorf("a command stands in no group:\n%s", text)
	}
	if help := helpOf(t, "--help"); help != text {
		t.Errorf("--help prints another text:\n%s", help)
	}
}

func TestShortHelpLeavesOutTheDetails(t *testing.T) {
	long, short := helpOf(t, "eval", "--help"), helpOf(t, "eval", "-h")
	for _, part := range []string{"Measure a trained model", "Usage: acol eval", "Examples:", "--json"} {
		if !strings.Contains(short, part) {
			t.Errorf("%s is not in\n%s", part, short)
		}
	}
	const detail = "Exit codes:"
	if strings.Contains(short, detail) || !strings.Contains(long, detail) {
		t.Errorf("the short help is\n%s", short)
	}
	if more := "acol eval --help says more."; !strings.Contains(short, more) {
		t.Errorf("%s is not in\n%s", more, short)
	}
}

// everyCommand calls f with each command that a user can call.
func everyCommand(t *testing.T, f func(c *cobra.Command)) {
	t.Helper()
	s, _, _ := memoryIO()
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		f(c)
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				visit(sub)
			}
		}
	}
	visit(newRootCmd(s))
}

// Examples may be wider than a screen, as their lines are to be copied whole.
func TestHelpIsNoWiderThanAScreen(t *testing.T) {
	const width = 100 // of examples
	check := func(of, text, examples string) {
		for l := range strings.SplitSeq(text, "\n") {
			most := help.Width
			if l != "" && strings.Contains(examples, l) {
				most = width
			}
			if n := utf8.RuneCountInString(l); n > most {
				t.Errorf("%s: %d columns: %s", of, n, l)
			}
		}
	}
	for _, topic := range help.Topics() {
		check(topic, helpOf(t, "help", topic), "")
	}
	everyCommand(t, func(c *cobra.Command) {
		text := helpOf(t, append([]string{"help"}, strings.Fields(c.CommandPath())[1:]...)...)
		check(c.CommandPath(), text, c.Example)
		for _, wrong := range []string{"[=true|false]", `\t`, `\n`, "uint", "float "} {
			if strings.Contains(text, wrong) {
				t.Errorf("%s: %s is in its help", c.CommandPath(), wrong)
			}
		}
		if !strings.Contains(text, "acol ") {
			t.Errorf("%s: help is %q", c.CommandPath(), text)
		}
	})
}

// Each flag of a command stands in its help once, a switch without a word for a value.
func TestEachFlagStandsInHelpOnce(t *testing.T) {
	everyCommand(t, func(c *cobra.Command) {
		if c.HasAvailableSubCommands() {
			return
		}
		lines := help.Flags(c)
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			n := 0
			for _, l := range lines {
				l = strings.TrimSpace(l)
				l = strings.TrimPrefix(l, "-"+f.Shorthand+", ") + " "
				if strings.HasPrefix(l, "--"+f.Name+" ") {
					n++
				}
			}
			if want := 1; f.Name != "help" && !f.Hidden && n != want {
				t.Errorf("%s --%s stands in help %d times:\n%s", c.CommandPath(), f.Name, n,
					strings.Join(lines, "\n"))
			}
		})
	})
	out := helpOf(t, "eval", "--help")
	if !strings.Contains(out, "      --json                print") {
		t.Errorf("--json is not printed as a switch:\n%s", out)
	}
}

// Examples are command lines that their commands take, and the recipes in them are there.
func TestExamplesAreCommandLines(t *testing.T) {
	everyCommand(t, func(c *cobra.Command) {
		text := strings.ReplaceAll(c.Example, "\\\n", "")
		for line := range strings.SplitSeq(text, "\n") {
			for _, words := range commandsIn(line) {
				s, _, _ := memoryIO()
				found, args, err := newRootCmd(s).Find(words)
				if err == nil {
					err = found.ParseFlags(args)
				}
				if err == nil {
					err = found.ValidateArgs(found.Flags().Args())
				}
				if err != nil {
					t.Errorf("%s: %s: %v", c.CommandPath(), line, err)
				}
				for _, w := range words {
					file := strings.HasPrefix(w, "configs/") && !strings.Contains(w, "*")
					if _, err := os.Stat("../../" + w); file && err != nil {
						t.Errorf("%s: %s: %v", c.CommandPath(), line, err)
					}
				}
			}
		}
	})
}

// commandsIn are the arguments of each acol in a line for a shell.
func commandsIn(line string) [][]string {
	if before, inner, ok := strings.Cut(line, `"$(`); ok {
		inner, after, _ := strings.Cut(inner, `)"`)
		return append(commandsIn(before+"FILE"+after), commandsIn(inner)...)
	}
	var found [][]string
	open := false
	for _, w := range strings.Fields(line) {
		w = strings.TrimPrefix(w, "<(")
		end := strings.TrimRight(w, ";)")
		switch {
		case w == "acol":
			found, open = append(found, nil), true
		case slices.Contains([]string{"|", ">", ">>", "<", "&&", "#"}, w):
			open = false
		case open:
			last := &found[len(found)-1]
			*last = append(*last, strings.Trim(end, `"'`))
			open = end == w
		}
	}
	return found
}

func TestWordsOfOtherProgramsLeadToCommandsThatAreThere(t *testing.T) {
	s, _, _ := memoryIO()
	root := newRootCmd(s)
	for word, line := range calledElsewhere {
		c, args, err := root.Find(strings.Fields(line))
		if len(commandsAnywhere(root, line)) == 0 && (err != nil || c == root) {
			t.Errorf("%s: acol %s: %v", word, line, err)
			continue
		}
		for _, a := range args {
			if name, ok := strings.CutPrefix(a, "--"); ok && c.Flags().Lookup(name) == nil {
				t.Errorf("%s: acol %s: no such flag", word, line)
			}
		}
		if commandNamed(root, word) != nil {
			t.Errorf("%s is a command itself", word)
		}
	}
	for word, key := range keysElsewhere {
		if keyOf(key).Type == "" {
			t.Errorf("--%s: %s is no key", word, key)
		}
	}
}

func TestAFlagsNameLeadsToAKey(t *testing.T) {
	s, _, _ := memoryIO()
	root := newRootCmd(s)
	for _, tc := range []struct{ line, want string }{
		{"train --epochs 3", "--set train.epochs=3"},
		{"train --epoch=3", "--set train.epochs=3"},
		{"train --train.epochs 3", "--set train.epochs=3"},
		{"train --EPOCHS", "--set train.epochs=VALUE"},
		{"train --epochs --force", "--set train.epochs=VALUE"},
		{"train --batch-size 3", "--set train.batch_size=3"},
		{"eval --batch_size 3", "--set eval.batch_size=3"},
		{"localize --colourmap jet", "--colormap"},
		{"localize --no_npy", ""},
		{"train --imgsz 224", "--set data.input.size=224"},
		{"config keys --epochs 3", ""},
		{"train --x 3", ""},
	} {
		c, args, err := root.Find(strings.Fields(tc.line))
		check(t, err)
		name := strings.TrimLeft(args[0], "-")
		if c.Name() == "keys" {
			name = strings.TrimLeft(args[len(args)-2], "-")
		}
		name, _, _ = strings.Cut(name, "=")
		if got := meantFlag(c, name, valueOf(args, name)); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.line, got, tc.want)
		}
	}
}

// What the documents say of a variable, acol help has to know too. Two are for trials and tests.
func TestVariablesOfTheDocumentsAreInTheHelp(t *testing.T) {
	text, aside := helpOf(t, "help", "environment"), []string{"ACOL_RANKS_PER_MACHINE", "ACOL_DEVICE"}
	documents, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(documents) < 10 {
		t.Fatalf("%d documents: %v", len(documents), err)
	}
	for _, path := range documents {
		said, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\bACOL_[A-Z_]+\b`).FindAllString(string(said), -1) {
			if !slices.Contains(aside, name) && !slices.Contains(strings.FieldsFunc(text,
				func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') }), name) {
				t.Errorf("%s: acol help environment lacks %s", path, name)
			}
		}
	}
}

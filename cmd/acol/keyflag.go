package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"acol/internal/recipe"
)

// keyFlag is a flag that stands for a key of the recipe: --threads 3 is short for
// --set train.threads=3 at the same place of the command line. Its type, choices and explanation
// are the key's.
type keyFlag struct {
	set         *[]string
	key         recipe.Key
	placeholder string
	// at is where in set the flag was given last, text what was given; at is -1 where it was not.
	at   int
	text string
}

// addKeyFlag adds a flag for a key. Short is its letter or "", placeholder what help calls its
// value. Note, in help, takes the place of the key's default.
func addKeyFlag(
	c *cobra.Command, set *[]string, name, short, key, placeholder, note string,
) *keyFlag {
	k := &keyFlag{set: set, key: keyOf(key), placeholder: placeholder, at: -1}
	f := c.Flags().VarPF(k, name, short, k.usage(note))
	if k.IsBoolFlag() {
		f.NoOptDefVal = "true"
	}
	how := cobra.ShellCompDirectiveDefault
	if len(k.key.Choices) > 0 {
		how = cobra.ShellCompDirectiveNoFileComp
	}
	offer := cobra.FixedCompletions(k.key.Words(), how)
	switch key {
	case "localize.class":
		offer = completeClass(k.key.Words())
	case "localize.layer", "eval.layer":
		offer = completeLayer
	}
	_ = c.RegisterFlagCompletionFunc(name, offer)
	return k
}

// keyOf is the key of that name. A name that is none is a mistake in this program, which the test
// of every command's flags finds.
func keyOf(name string) recipe.Key {
	if list := recipe.KeysBelow(name); len(list) == 1 && list[0].Name == name {
		return list[0]
	}
	return recipe.Key{Name: name}
}

// usage is the first sentence of the key's explanation; then the key, its words and its default.
func (k *keyFlag) usage(note string) string {
	what := strings.TrimSuffix(k.key.Summary(), ".")
	first, size := utf8.DecodeRuneInString(what)
	what = string(unicode.ToLower(first)) + what[size:]
	key := k.key.Name
	if words := slices.Concat(k.key.Choices, k.key.Suggestions); len(words) > 0 {
		key += ": " + strings.Join(words, ", ")
	}
	if len(k.key.Suggestions) > 0 {
		key += " or another"
	}
	if note == "" {
		note = "default " + k.key.Default
	}
	return fmt.Sprintf("%s (%s; %s)", what, key, note)
}

// IsBoolFlag tells pflag whether the flag may stand alone.
func (k *keyFlag) IsBoolFlag() bool {
	return slices.Equal(k.key.Words(), []string{"true", "false"})
}

// Set adds the override. --set takes a text with quotes or spaces at its ends for YAML; a flag
// takes every text as it is.
func (k *keyFlag) Set(text string) error {
	k.at, k.text = len(*k.set), text
	quoted := strings.HasPrefix(text, `"`) || strings.HasPrefix(text, "'")
	if quoted || strings.TrimSpace(text) != text {
		text = strconv.Quote(text)
	}
	*k.set = append(*k.set, k.key.Name+"="+text)
	return nil
}

// String is empty, so that help prints no default beside that of usage.
func (k *keyFlag) String() string { return "" }

// Type is the word for the flag's value in help.
func (k *keyFlag) Type() string {
	if k.IsBoolFlag() {
		return "bool"
	}
	return k.placeholder
}

// given reports whether the flag was given.
func (k *keyFlag) given() bool { return k.at >= 0 }

// decides reports whether nothing later on the command line sets the flag's key too.
func (k *keyFlag) decides() bool {
	return k.given() && !slices.ContainsFunc((*k.set)[k.at+1:], func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return strings.TrimSpace(name) == k.key.Name
	})
}

// checkKeyFlags checks the values of a command's flags by themselves, for commands that have much
// to do before they read a recipe.
func checkKeyFlags(c *cobra.Command) error {
	var wrong error
	c.Flags().Visit(func(f *pflag.Flag) {
		if k, ok := f.Value.(*keyFlag); ok && wrong == nil {
			_, value, _ := strings.Cut((*k.set)[k.at], "=")
			if err := recipe.CheckValue(k.key.Name, value); err != nil {
				wrong = usagef("--%s: %v", f.Name, err)
			}
		}
	})
	return wrong
}

// nameFlags says of the problems of a recipe which flag made them, where one did.
func nameFlags(c *cobra.Command, err error) error {
	var bad *recipe.Error
	if !errors.As(err, &bad) {
		return err
	}
	c.Flags().Visit(func(f *pflag.Flag) {
		k, ok := f.Value.(*keyFlag)
		if !ok || !k.decides() {
			return
		}
		for i, p := range bad.Problems {
			if p.Key == k.key.Name && p.Where == "--set" {
				bad.Problems[i].Key, bad.Problems[i].Where = "--"+f.Name, ""
			}
		}
	})
	return err
}

// addComputeFlags adds the flags that say what computes.
func addComputeFlags(c *cobra.Command, set *[]string) {
	addKeyFlag(c, set, "kernels", "", "train.kernels", "KERNELS", "")
	addKeyFlag(c, set, "device", "", "train.device", "DEVICE", "")
	addKeyFlag(c, set, "threads", "", "train.threads", "N", "")
	addKeyFlag(c, set, "precision", "", "train.precision", "FORMAT", "")
}

// addSetFlag adds --set, which overrides keys in the order of the command line. The shell completes
// keys and words.
func addSetFlag(c *cobra.Command, set *[]string, usage string) {
	c.Flags().Var(setFlag{set}, "set", usage)
	_ = c.RegisterFlagCompletionFunc("set",
		func(_ *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
			const how = cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
			return explained(recipe.Complete(text)), how
		})
}

// setFlag collects overrides. pflag's own list would forget what other flags have put there.
type setFlag struct{ set *[]string }

// Set adds an override.
func (s setFlag) Set(v string) error {
	*s.set = append(*s.set, v)
	return nil
}

// String is empty: there is no default.
func (s setFlag) String() string { return "" }

// Type is the word for the flag's value in help.
func (s setFlag) Type() string { return "KEY=VALUE" }

// addNumbersFlag adds a flag of numbers between commas. Help shows the default as one would write
// it; pflag gives each six digits.
func addNumbersFlag(f *pflag.FlagSet, to *[]float64, name string, value []float64, usage string) {
	f.Float64SliceVar(to, name, value, usage)
	f.Lookup(name).DefValue = numbers(value)
}

// numbers writes numbers with commas between them.
func numbers(v []float64) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(v), "[]"), " ", ",")
}

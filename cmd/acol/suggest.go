package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"acol/internal/data/pixels"
	"acol/internal/nearest"
	"acol/internal/recipe"
)

// calledElsewhere are the words that other programs have for what acol's commands do, each with a
// command line below acol or the name of commands at any depth.
var calledElsewhere = map[string]string{
	"predict": "localize", "detect": "localize", "infer": "localize", "inference": "localize",
	"cam": "localize", "segment": "localize",
	"test": "eval", "val": "eval", "validate": "eval", "evaluate": "eval", "measure": "eval",
	"score": "eval", "metrics": "eval", "compare": "eval --compare",
	"fit": "train", "learn": "train", "finetune": "train", "resume": "train --resume",
	"new": "init", "create": "init", "start": "init", "setup": "init",
	"download": "get", "fetch": "get", "pull": "get",
	"web": "serve", "ui": "serve", "gui": "serve", "demo": "serve", "app": "serve",
	"models": "weights list", "onnx": "weights export", "benchmark": "bench", "speed": "bench",
	"info": "inspect", "summary": "inspect", "settings": "config", "recipe": "config",
}

// unknownCommand is the error of a word that is no command below c, with the command that was most
// likely meant: one of a similar name there or anywhere, the one that other programs call so, or
// the one for a file of that name.
func unknownCommand(c *cobra.Command, word string) error {
	text := fmt.Sprintf("unknown command %q for %q", word, c.CommandPath())
	if did := meantCommand(c, word); did != "" {
		return fmt.Errorf("%s; did you mean %s?", text, did)
	}
	return errors.New(text)
}

// meantCommand is the command line, without the program's name where it is one word, that a word in
// the place of a command below c most likely means; "" where none is near.
func meantCommand(c *cobra.Command, word string) string {
	if near := nearest.Meant(word, commandNames(c)); near != "" {
		return near
	}
	root := c.Root()
	if other, ok := calledElsewhere[strings.ToLower(word)]; ok {
		name, _, _ := strings.Cut(other, " ")
		if commandNamed(root, name) != nil {
			return "acol " + other
		}
		word = other
	}
	if found := commandsAnywhere(root, word); len(found) > 0 {
		return strings.Join(found, " or ")
	}
	return forFile(word)
}

// commandsAnywhere are the command lines of all commands of exactly that name, at any depth.
func commandsAnywhere(c *cobra.Command, word string) []string {
	var found []string
	for _, sub := range c.Commands() {
		if sub.Name() == word && sub.IsAvailableCommand() {
			found = append(found, sub.CommandPath())
		}
		found = append(found, commandsAnywhere(sub, word)...)
	}
	return found
}

// forFile is the command line for a word that is the path of a file or folder; "" for others.
func forFile(path string) string {
	info, err := os.Stat(path)
	ext := filepath.Ext(path)
	switch {
	case err != nil:
		return ""
	case info.IsDir():
		return "acol train " + shellWord(path) + " or acol localize " + shellWord(path)
	case pixels.IsImageName(path):
		return "acol localize " + shellWord(path)
	case ext == ".yaml" || ext == ".yml":
		return "acol train " + shellWord(path)
	case slices.Contains([]string{".safetensors", ".pth", ".pt"}, ext):
		return "acol inspect " + shellWord(path)
	}
	return ""
}

// suggestFlag adds to the error of a flag that a command does not have what was most likely meant:
// a flag of a similar name, or --set with a key of the recipe.
func suggestFlag(c *cobra.Command, args []string, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	name := unknown.GetSpecifiedName()
	if letters := unknown.GetSpecifiedShortnames(); len(letters) > 1 {
		name = letters // -epochs for --epochs
	}
	see := "see " + c.CommandPath() + " --help"
	if !c.HasParent() {
		see = "flags go behind the command: acol COMMAND --flag; " + see
	}
	err = usageError{unknown}
	if did := meantFlag(c, name, valueOf(args, name)); did != "" {
		err = usagef("%w; did you mean %s?", unknown, did)
	}
	return hinted{err, see}
}

// meantFlag is the flag of c, or the override of a key, that an unknown flag most likely means,
// with its value; "" where none is near.
func meantFlag(c *cobra.Command, name, value string) string {
	name, _, _ = strings.Cut(name, "=")
	if name == "version" {
		return "acol --version"
	}
	var flags []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			flags = append(flags, f.Name)
		}
	})
	dashed := strings.ReplaceAll(name, "_", "-")
	if slices.Contains(flags, dashed) {
		return "--" + dashed
	}
	var keys, near []string
	if c.Flags().Lookup("set") != nil {
		keys, near = meantKeys(name, sectionOf(c))
	}
	if flag := nearest.Meant(dashed, flags); flag != "" && len(keys) == 0 {
		return "--" + flag
	}
	if len(keys) == 0 {
		keys = near
	}
	for i, key := range keys {
		keys[i] = "--set " + shellWord(key+"="+value)
	}
	return strings.Join(keys, " or ")
}

// sectionOf is the section of a recipe that a command's own keys stand in.
func sectionOf(c *cobra.Command) string {
	if c.Name() == "sweep" {
		return "eval."
	}
	return c.Name() + "."
}

// keysElsewhere are the names that other programs have for keys of a recipe.
var keysElsewhere = map[string]string{
	"data": "data.root", "dataset": "data.root", "model": "model.backbone.arch",
	"backbone": "model.backbone.arch", "imgsz": "data.input.size", "img_size": "data.input.size",
	"image_size": "data.input.size", "batch": "train.batch_size", "bs": "train.batch_size",
	"learning_rate": "train.optimizer.lr_backbone", "pretrained": "model.backbone.weights",
	"output": "train.out", "project": "train.out", "delta": "model.branches.deltas",
}

// meantKeys are the keys of the recipe that a flag's name means. The keys of same have it as their
// last word, or begin or end with it as lr does of lr_backbone, or are called so by other programs;
// of several in different sections, those of the command's own count. The key of near is similar.
func meantKeys(name, section string) (same, near []string) {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	if list := recipe.KeysBelow(name); len(list) == 1 && list[0].Name == name {
		return []string{name}, nil
	}
	if key, ok := keysElsewhere[name]; ok {
		return []string{key}, nil
	}
	var exact, part, words []string
	of := map[string]string{}
	for _, k := range recipe.Keys() {
		word := k.Name[strings.LastIndexByte(k.Name, '.')+1:]
		switch {
		case word == name:
			exact = append(exact, k.Name)
		case strings.HasPrefix(word, name+"_"), strings.HasSuffix(word, "_"+name):
			part = append(part, k.Name)
		}
		if of[word] == "" || strings.HasPrefix(k.Name, section) {
			of[word] = k.Name
			words = append(words, word)
		}
	}
	const most = 3 // which a line still names; of more none is meant
	for _, keys := range [][]string{exact, part} {
		own := slices.DeleteFunc(slices.Clone(keys), func(k string) bool {
			return !strings.HasPrefix(k, section)
		})
		if len(own) > 0 {
			keys = own
		}
		if len(keys) > 0 && len(keys) <= most {
			return keys, nil
		}
	}
	const least = 4 // letters of a name that is compared by similarity
	if word := nearest.Meant(name, words); word != "" && len(name) >= least {
		return nil, []string{of[word]}
	}
	return nil, nil
}

// valueOf is what a command line gives a flag: behind an equals sign, or the word that follows.
// Where there is none it is VALUE.
func valueOf(args []string, name string) string {
	name, _, _ = strings.Cut(name, "=")
	for i, a := range args {
		bare := strings.TrimLeft(a, "-")
		if bare == a {
			continue
		}
		given, value, has := strings.Cut(bare, "=")
		switch {
		case given != name:
		case has:
			return value
		case i+1 < len(args) && !strings.HasPrefix(args[i+1], "-"):
			return args[i+1]
		}
	}
	return "VALUE"
}

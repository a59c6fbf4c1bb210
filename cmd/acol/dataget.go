package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"acol/internal/datasets"
	"acol/internal/hub"
	"acol/internal/nearest"
	"acol/internal/recipe"
)

type dataGetOptions struct {
	streams *streams
	Name    string
	Dir     string
	Mirror  string
	Yes     bool
	Keep    bool
	JSON    bool
}

func newDataGetCmd(s *streams, runF func(context.Context, *dataGetOptions) error) *cobra.Command {
	o := &dataGetOptions{streams: s}
	c := &cobra.Command{
		Use:   "get [NAME]",
		Short: "Fetch a published data set, check it and unpack it",
		Long: `Fetch a published data set, check it and unpack it to where the recipes look for it.
Without NAME acol lists the data sets. With one it says what the set is, how large it
is and under which licence, and fetches it with --yes.

A download that broke off is gone on with. Archives are checked against their size
and SHA-256. Where nobody publishes these, acol says so, notes the hash in a file
beside, ARCHIVE.sha256, and compares later downloads with it. Only files and folders
are unpacked, below --dir; the folders of a set appear as a whole or not at all. Then
the archive is removed, unless --keep is given or it was there before.

Without a connection, fetch the archive elsewhere and put it into --dir: acol goes on
from there. --mirror or ACOL_MIRROR_DATA names another server with the same file
names, HTTPS_PROXY and NO_PROXY a proxy.

Exit codes: 0 done; 1 failed; 2 wrong flags or no such set, or --yes is missing;
130 interrupted, what has come is kept.`,
		Example: `  acol data get
  acol data get cub --yes
  acol data get voc2012 --yes --dir /data --mirror https://mirror.example.org/sets`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Name = args[0]
			}
			if o.Dir == "" {
				return usagef("--dir is empty")
			}
			return runF(c.Context(), o)
		},
		ValidArgsFunction: completeDataSets,
	}
	f := c.Flags()
	f.StringVar(&o.Dir, "dir", "data", "`DIR` of all data sets")
	f.StringVar(&o.Mirror, "mirror", "", "base `URL` to fetch from instead of the owners' servers")
	f.BoolVar(&o.Yes, "yes", false, "you have read the licence: fetch the set")
	f.BoolVar(&o.Keep, "keep", false, "keep the archives")
	f.BoolVar(&o.JSON, "json", false, "print JSON: the list, or the folders that are there")
	return c
}

// completeDataSets offers the names of the data sets.
func completeDataSets(
	_ *cobra.Command, args []string, _ string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	for _, s := range datasets.All() {
		if len(args) == 0 {
			names = append(names, cobra.CompletionWithDesc(s.Name, s.About))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func runDataGet(ctx context.Context, o *dataGetOptions) error {
	if o.Name == "" {
		return listDataSets(o)
	}
	set, ok := datasets.Find(o.Name)
	if !ok {
		return hinted{unknownDataSet(o.Name), "acol data get lists them"}
	}
	missing, there := set.Missing(o.Dir)
	if len(missing) == 0 && len(there) > 0 {
		return o.done(set, &datasets.Result{There: there})
	}
	if o.Mirror == "" {
		o.Mirror = hub.DataMirror(o.streams.Env)
	}
	if err := o.describe(set); err != nil {
		return err
	}
	if set.ByHand != "" {
		return hinted{fmt.Errorf("acol cannot fetch %s, whose terms want a person", set.Name),
			set.ByHand}
	}
	if !o.Yes {
		return hinted{usagef("--yes is missing: it says that you have read the licence"),
			"acol data get " + set.Name + " --yes" + o.dirFlag()}
	}
	got, err := getSet(ctx, o.streams, set,
		datasets.Options{Dir: o.Dir, Mirror: o.Mirror, Keep: o.Keep})
	if err != nil {
		return err
	}
	return o.done(set, got)
}

// unknownDataSet is the error of a name that is in no table, with the nearest one that is.
func unknownDataSet(name string) error {
	var names []string
	for _, s := range datasets.All() {
		names = append(append(names, s.Name), s.Aliases...)
	}
	if near := nearest.Meant(name, names); near != "" {
		return usagef("no data set %q; did you mean %s?", name, near)
	}
	return usagef("no data set %q", name)
}

// describe says what a set is, where it comes from, and what may be done with it.
func (o *dataGetOptions) describe(set *datasets.Set) error {
	s, cache := o.streams, &hub.Cache{Dir: o.Dir, Mirror: o.Mirror}
	s.say("%s", set.About)
	for _, p := range set.Needed(o.Dir) {
		size, from := "size not known", p.Page+", with a browser"
		if p.Bytes > 0 {
			size = datasets.Size(p.Bytes)
		}
		if p.Address != "" {
			address, err := cache.ArchiveAddress(p.Archive)
			if err != nil {
				return err
			}
			from = address
		}
		s.say("%s (%s) from %s", p.Name, size, from)
	}
	s.say("licence: %s; see %s", set.Licence, set.Terms)
	return nil
}

// getSet gets a set and shows how far it is.
func getSet(
	ctx context.Context, s *streams, set *datasets.Set, o datasets.Options,
) (*datasets.Result, error) {
	const kib = 1 << 10
	var bar *progress
	end := func() {
		if bar != nil {
			bar.done()
		}
	}
	defer func() { end() }()
	o.Begin = func(what string, p *datasets.Part) {
		end()
		path := filepath.Join(o.Dir, p.Name)
		if isThere(path) && what == datasets.Fetching {
			what = "checking"
		}
		s.say("%s %s", what, path)
		bar = newProgress(s, p.Name, "KiB")
	}
	o.Progress = func(done, total int64) {
		if total > 0 {
			bar.update(int(done/kib), int((total+kib-1)/kib))
		}
	}
	return set.Get(ctx, o)
}

// isThere reports whether there is something at a path.
func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// dataSetJSON is what --json prints of a set that was got.
type dataSetJSON struct {
	Name    string           `json:"name"`
	Folders []string         `json:"folders"`
	Noted   []datasets.Noted `json:"unpublished_hashes,omitempty"`
	Recipe  string           `json:"recipe,omitempty"`
}

// done prints the folders of a set, and says what was not certain and what to do next.
func (o *dataGetOptions) done(set *datasets.Set, r *datasets.Result) error {
	s := o.streams
	for _, path := range r.There {
		s.say("%s is there", path)
	}
	for _, n := range r.Noted {
		s.say("warning: nobody publishes the SHA-256 of %s, which was not checked: %s", n.Archive,
			n.SHA256)
		s.say("it is noted in %s, with which later downloads are compared", n.Pin)
	}
	if r.Links > 0 {
		s.say("left out of the archives: %s, since acol makes none", counted(r.Links, "link"))
	}
	for _, path := range r.Kept {
		s.say("%s stays: nothing needs it any more", path)
	}
	folders := append(append([]string{}, r.There...), r.Made...)
	if o.JSON {
		out := dataSetJSON{set.Name, folders, r.Noted, set.Recipe}
		if err := newJSONLines(s.Out).Encode(out); err != nil {
			return err
		}
	} else {
		for _, path := range folders {
			if err := printLast(s.Out, "%s\n", path); err != nil {
				return err
			}
		}
	}
	if set.Recipe != "" {
		s.hint("acol train --config %s%s", set.Recipe, o.keys(set))
	}
	return nil
}

// hintDataSet adds to an error about a folder that is not there how acol fetches it, where a recipe
// of acol's own expects a published data set.
func hintDataSet(err error) error {
	var bad *recipe.Error
	if !errors.As(err, &bad) || errors.As(err, new(interface{ Hint() string })) {
		return err
	}
	for _, p := range bad.Problems {
		var missing *fs.PathError
		if !errors.As(p.Cause, &missing) || !strings.HasPrefix(p.Key, "data.") {
			continue
		}
		for _, set := range datasets.All() {
			for _, folder := range []string{set.Root, set.Metadata} {
				if folder != "" && filepath.Clean(missing.Path) == filepath.Join("data", folder) {
					return hinted{err, "acol data get " + set.Name + " says how to come by it"}
				}
			}
		}
	}
	return err
}

// keys are the flags by which a recipe finds a set that is not where it expects it.
func (o *dataGetOptions) keys(set *datasets.Set) string {
	if filepath.Clean(o.Dir) == "data" && len(set.Keys) == 0 {
		return ""
	}
	flags := " --set data.root=" + shellWord(filepath.Join(o.Dir, filepath.FromSlash(set.Root)))
	if set.Metadata != "" {
		flags += " --set data.metadata=" +
			shellWord(filepath.Join(o.Dir, filepath.FromSlash(set.Metadata)))
	}
	for _, key := range set.Keys {
		flags += " --set " + shellWord(key)
	}
	return flags
}

// dirFlag is the flag for a folder that is not the usual one.
func (o *dataGetOptions) dirFlag() string {
	if o.Dir == "data" {
		return ""
	}
	return " --dir " + shellWord(o.Dir)
}

// dataSetLine is what --json prints of a set in the list.
type dataSetLine struct {
	Name    string `json:"name"`
	About   string `json:"about"`
	Licence string `json:"licence"`
	Terms   string `json:"terms"`
	Bytes   int64  `json:"bytes,omitempty"` // of the archives whose size is known
	ByHand  string `json:"by_hand,omitempty"`
	Recipe  string `json:"recipe,omitempty"`
	Here    bool   `json:"here"`
}

// listDataSets prints the data sets.
func listDataSets(o *dataGetOptions) error {
	w := tabwriter.NewWriter(o.streams.Out, 0, 0, 2, ' ', 0)
	for _, set := range datasets.All() {
		missing, there := set.Missing(o.Dir)
		here := len(missing) == 0 && len(there) > 0
		bytes := int64(0)
		for _, p := range set.Parts {
			bytes += p.Bytes
		}
		if o.JSON {
			line := dataSetLine{
				set.Name, set.About, set.Licence, set.Terms, bytes, set.ByHand, set.Recipe, here,
			}
			if err := newJSONLines(o.streams.Out).Encode(line); err != nil {
				return err
			}
			continue
		}
		size := "?"
		switch {
		case here:
			size = "here"
		case set.ByHand != "":
			size = "by hand"
		case bytes > 0:
			size = datasets.Size(bytes)
		}
		printf(w, "%s\t%s\t%s\n", set.Name, size, set.About)
	}
	return w.Flush()
}

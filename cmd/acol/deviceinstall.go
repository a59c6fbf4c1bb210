package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"acol/internal/datasets"
	"acol/internal/hub"
	"acol/internal/kernel/device"
	"acol/internal/nearest"
	"acol/internal/pjrt"
	"acol/internal/plugins"
)

type deviceInstallOptions struct {
	streams *streams
	Name    string
	Dir     string
	Mirror  string
	Yes     bool
	DryRun  bool
	Keep    bool
	JSON    bool
}

func newDeviceInstallCmd(
	s *streams, runF func(context.Context, *deviceInstallOptions) error,
) *cobra.Command {
	o := &deviceInstallOptions{streams: s}
	c := &cobra.Command{
		Use:   "install [NAME]",
		Short: "Fetch the plugin for a kind of devices",
		Long: `Fetch the plugin for a kind of devices with the libraries that it takes, check it and
unpack it into the folder of plugins. Without NAME acol lists the plugins. With one it
says what is fetched, how large that is and under which licences it stands, and
fetches it with --yes.

The packages are those of PyPI, pinned by their SHA-256: nothing else is unpacked, and
no Python is needed. A download that broke off is gone on with. The folder of the
plugin appears as a whole or not at all; to uninstall it, remove the folder.

Without a connection, fetch the packages that --dry-run lists elsewhere and put them
into --dir: acol checks and unpacks them from there. --mirror or ACOL_MIRROR_PLUGINS
names another server with the same file names, HTTPS_PROXY and NO_PROXY a proxy.

Exit codes: 0 done; 1 failed; 2 wrong flags or no such plugin, or --yes is missing;
130 interrupted, what has come is kept.`,
		Example: `  acol device install
  acol device install cuda13 --dry-run
  acol device install cuda13 --yes`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Name = args[0]
			}
			return runF(c.Context(), o)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (
			names []cobra.Completion, how cobra.ShellCompDirective,
		) {
			for _, p := range plugins.All() {
				if len(args) == 0 {
					names = append(names, cobra.CompletionWithDesc(p.Name, p.About))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	f := c.Flags()
	f.StringVar(&o.Dir, "dir", "",
		"`DIR` of all plugins (default ACOL_PLUGINS, else acol/plugins in your cache folder)")
	f.StringVar(&o.Mirror, "mirror", "", "base `URL` to fetch from instead of PyPI's server of files")
	f.BoolVar(&o.Yes, "yes", false, "you have read the licences: fetch the plugin")
	f.BoolVar(&o.DryRun, "dry-run", false, "list the packages, their addresses and hashes")
	f.BoolVar(&o.Keep, "keep", false, "keep the packages beside what is unpacked")
	f.BoolVar(&o.JSON, "json", false, "print JSON: the list, the packages, or the folder")
	return c
}

func runDeviceInstall(ctx context.Context, o *deviceInstallOptions) (err error) {
	if o.Dir == "" {
		if o.Dir, err = device.Folder(); err != nil {
			return err
		}
	}
	if o.Mirror == "" {
		o.Mirror = hub.ArchiveMirror(o.streams.Env, plugins.Mirror)
	}
	if o.Name == "" {
		return o.list()
	}
	p, ok := plugins.Find(o.Name)
	if !ok {
		err := usagef("there is no plugin %q to install", o.Name)
		if near := nearest.Meant(o.Name, plugins.Names()); near != "" {
			err = usagef("there is no plugin %q to install; did you mean %s?", o.Name, near)
		}
		return hinted{err, "acol device install lists them; docs/devices.md says how others come " +
			"into the folder of plugins"}
	}
	if !p.Fits() {
		return hinted{fmt.Errorf("the plugin %s is for %s, and this is %s/%s", p.Name, p.Systems,
			runtime.GOOS, runtime.GOARCH), "docs/devices.md says which other plugins there are"}
	}
	if missing, _ := p.Missing(o.Dir); len(missing) == 0 && !o.DryRun {
		return o.done(p, &datasets.Result{})
	}
	if o.DryRun {
		return o.packages(p)
	}
	if err := o.describe(p); err != nil {
		return err
	}
	if !o.Yes {
		return hinted{usagef("--yes is missing: it says that you have read the licences"),
			"acol device install " + p.Name + " --yes"}
	}
	got, err := getSet(ctx, o.streams, &p.Set,
		datasets.Options{Dir: o.Dir, Mirror: o.Mirror, Keep: o.Keep})
	if err != nil {
		return err
	}
	return o.done(p, got)
}

// describe says what is fetched, from where, and what may be done with it.
func (o *deviceInstallOptions) describe(p *plugins.Plugin) error {
	s, parts := o.streams, p.Needed(o.Dir)
	fetch, unpacked := datasets.Sizes(parts, o.Dir)
	s.say("%s: %s", p.Name, p.About)
	s.say("%s to fetch (%s), which unpack to %s in %s", counted(len(parts), "package"),
		datasets.Size(fetch), datasets.Size(unpacked), filepath.Join(o.Dir, p.Makes[0]))
	cache := &hub.Cache{Dir: o.Dir, Mirror: o.Mirror}
	for _, part := range parts {
		if _, err := cache.ArchiveAddress(part.Archive); err != nil {
			return err
		}
		s.say("  %s (%s)", part.Name, datasets.Size(part.Bytes))
	}
	if o.Mirror != "" {
		s.say("from %s", hub.Shown(o.Mirror))
	}
	s.say("licences: %s; see %s", p.Licence, p.Terms)
	if err := pjrt.Missing(); err != nil {
		s.say("warning: %v", err)
	}
	return nil
}

// packageLine is a package in JSON.
type packageLine struct {
	Package string `json:"package"`
	Address string `json:"address"`
	SHA256  string `json:"sha256"`
	Bytes   int64  `json:"bytes"`
	Path    string `json:"path"` // where it belongs
	Here    bool   `json:"here"`
}

// packages lists the packages of a plugin, with what it takes to fetch them by hand.
func (o *deviceInstallOptions) packages(p *plugins.Plugin) error {
	if err := o.describe(p); err != nil {
		return err
	}
	cache := &hub.Cache{Dir: o.Dir, Mirror: o.Mirror}
	for _, part := range p.Parts {
		address, err := cache.ArchiveAddress(part.Archive)
		if err != nil {
			return err
		}
		l := packageLine{part.Name, address, part.SHA256, part.Bytes,
			cache.ArchivePath(part.Archive), false}
		l.Here = isThere(l.Path)
		if o.JSON {
			err = newJSONLines(o.streams.Out).Encode(l)
		} else {
			err = printLast(o.streams.Out, "%s  %s\n", l.SHA256, l.Address)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// installedLine is an installed plugin in JSON.
type installedLine struct {
	Name   string `json:"name"`
	Folder string `json:"folder"`
}

// done prints the folder of a plugin, and says what to do next.
func (o *deviceInstallOptions) done(p *plugins.Plugin, r *datasets.Result) error {
	s, folder := o.streams, filepath.Join(o.Dir, p.Makes[0])
	if len(r.Made) == 0 {
		s.say("%s is there; remove the folder to uninstall it", folder)
	}
	for _, path := range r.Kept {
		s.say("%s stays: nothing needs it any more", path)
	}
	var err error
	if o.JSON {
		err = newJSONLines(s.Out).Encode(installedLine{p.Name, folder})
	} else {
		err = printLast(s.Out, "%s\n", folder)
	}
	if err == nil {
		s.hint("acol device list shows its devices; acol device check compares one with the processor")
	}
	return err
}

// pluginLine is what --json prints of a plugin in the list.
type pluginLine struct {
	Name    string `json:"name"`
	About   string `json:"about"`
	Systems string `json:"systems"`
	Licence string `json:"licence"`
	Terms   string `json:"terms"`
	Bytes   int64  `json:"bytes,omitempty"` // to fetch; 0 where there is none for this system
	Here    bool   `json:"here"`
}

// list prints the plugins.
func (o *deviceInstallOptions) list() error {
	w := tabwriter.NewWriter(o.streams.Out, 0, 0, 2, ' ', 0)
	for _, p := range plugins.All() {
		missing, _ := p.Missing(o.Dir)
		l := pluginLine{Name: p.Name, About: p.About, Systems: p.Systems, Licence: p.Licence,
			Terms: p.Terms, Here: len(missing) == 0}
		for _, part := range p.Parts {
			l.Bytes += part.Bytes
		}
		if o.JSON {
			if err := newJSONLines(o.streams.Out).Encode(l); err != nil {
				return err
			}
			continue
		}
		size := datasets.Size(l.Bytes)
		switch {
		case l.Here:
			size = "here"
		case !p.Fits():
			size = "not for this system"
		}
		printf(w, "%s\t%s\t%s\n", p.Name, size, p.About)
	}
	return w.Flush()
}

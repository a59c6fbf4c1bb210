package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"acol/internal/kernel"
)

// version is set by the linker: -ldflags "-X main.version=v1.2.3".
var version = ""

// versionInfo says what this program is.
type versionInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Date    string `json:"date,omitempty"` // of the commit
	Dirty   bool   `json:"dirty,omitempty"`
	Go      string `json:"go"`
	System  string `json:"system"`
	Kernels string `json:"kernels"`
	ISA     string `json:"isa"`
	Threads int    `json:"threads"`
}

func newVersionCmd(s *streams) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version and what this build computes with",
		Long: `Print the program's version, the Go release it was built with, and the kernels,
the instruction set and the number of threads that it computes with here.

Exit codes: 0 done.`,
		Example: `  acol version
  acol version --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := readVersion()
			if asJSON {
				return json.NewEncoder(s.Out).Encode(v)
			}
			_, err := fmt.Fprintln(s.Out, v)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// readVersion asks the linker's value, the build information and the kernels.
func readVersion() versionInfo {
	b := kernel.NewPortable(0)
	defer b.Close()
	v := versionInfo{
		Version: version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Kernels: b.Name(), ISA: b.ISA(), Threads: b.Threads(),
	}
	info, ok := debug.ReadBuildInfo()
	if ok && v.Version == "" {
		v.Version = info.Main.Version
	}
	if v.Version == "" {
		v.Version = "(devel)"
	}
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.Date = s.Value
		case "vcs.modified":
			v.Dirty = s.Value == "true"
		}
	}
	return v
}

// String is two lines: the program, and what it runs on.
func (v versionInfo) String() string {
	head := "acol " + v.Version
	if v.Commit != "" {
		head += fmt.Sprintf(" (commit %.12s", v.Commit)
		if v.Dirty {
			head += " with changes"
		}
		if v.Date != "" {
			head += ", " + v.Date
		}
		head += ")"
	}
	threads := "threads"
	if v.Threads == 1 {
		threads = "thread"
	}
	return fmt.Sprintf("%s\n%s %s, kernels %s %s, %d %s", head, v.Go, v.System, v.Kernels, v.ISA, v.Threads, threads)
}

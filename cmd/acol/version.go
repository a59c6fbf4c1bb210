package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"acol/internal/data/pixels"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kernels"
	"acol/internal/mpi"
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
	Library string `json:"library,omitempty"`
	Threads int    `json:"threads"`
	JPEG    string `json:"jpeg"`
	MPI     string `json:"mpi,omitempty"`

	described string
}

func newVersionCmd(s *streams) *cobra.Command {
	var asJSON bool
	var o backend.Options
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version and what this build computes with",
		Long: `Print the version of the program, the release of Go that built it, and what it
computes with on this machine: its kernels, their instruction set, the library
behind them, the number of threads, what decodes JPEG files, and the MPI that it
was built with, if any.

Exit codes: 0 done.`,
		Example: `  acol version
  acol version --kernels portable
  acol version --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v, err := readVersion(o)
			if err != nil {
				return hinted{usageError{err}, "--kernels portable works in every build"}
			}
			if asJSON {
				return newJSONLines(s.Out).Encode(v)
			}
			return printLast(s.Out, "%s\n%s\n", v.program(), v.runsOn())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.Flags().StringVar(&o.Kernels, "kernels", "auto",
		"the `KERNELS` to describe: "+strings.Join(kernels.Names(), ", "))
	return c
}

// readVersion asks the linker's value, the build information and the kernels.
func readVersion(o backend.Options) (versionInfo, error) {
	b, err := kernels.Open(o)
	if err != nil {
		return versionInfo{}, err
	}
	defer b.Close()
	v := buildVersion()
	v.Kernels, v.ISA, v.Library, v.Threads = b.Name(), b.ISA(), b.Library(), b.Threads()
	v.JPEG, v.MPI = pixels.JPEGLibrary(), mpi.Library()
	v.described = backend.Describe(b)
	return v, nil
}

// buildVersion is what is known without opening kernels.
func buildVersion() versionInfo {
	v := versionInfo{Version: version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
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

// program names the program, its version and the commit that it was built from.
func (v versionInfo) program() string {
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
	return head
}

// runsOn names the release of Go, the system, the kernels, what decodes JPEG and what joins
// machines.
func (v versionInfo) runsOn() string {
	text := fmt.Sprintf("%s %s, kernels %s, JPEG by %s", v.Go, v.System, v.described, v.JPEG)
	if v.MPI != "" {
		text += ", " + v.MPI
	}
	return text
}

// commit is the start of the commit's hash, marked where the tree had changes; the version where
// no commit is known.
func (v versionInfo) commit() string {
	name := fmt.Sprintf("%.12s", v.Commit)
	switch {
	case name == "":
		return v.Version
	case v.Dirty:
		return name + "+changes"
	}
	return name
}

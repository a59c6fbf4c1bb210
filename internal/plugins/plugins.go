// Package plugins holds the table of the PJRT plugins that acol installs: the packages of PyPI that
// each is made of, pinned by their hashes. Package datasets fetches, checks and unpacks them.
package plugins

import (
	"runtime"

	"acol/internal/datasets"
	"acol/internal/hub"
)

// Mirror is the variable that names a server to fetch from in place of PyPI's.
const Mirror = "ACOL_MIRROR_PLUGINS"

// Plugin is a plugin with the libraries that it takes.
type Plugin struct {
	datasets.Set
	// Systems says in words what it is for.
	Systems string
}

// Fits says whether there is such a plugin for this system.
func (p *Plugin) Fits() bool { return len(p.Parts) > 0 }

// All lists the plugins.
func All() []Plugin { return all(runtime.GOOS + "/" + runtime.GOARCH) }

// all lists the plugins with the parts for a system.
func all(system string) []Plugin {
	cuda := map[string][]wheel{"linux/amd64": cuda13X86, "linux/arm64": cuda13ARM}
	cpu := map[string][]wheel{"linux/amd64": xlaCPU}
	return []Plugin{
		{
			Set: set("cuda13", "0.12.0.1", cuda[system], datasets.Set{
				About: "NVIDIA's plugin of JAX 0.12.0.1, with CUDA 13.5, cuDNN 9.28 and NCCL 2.32; " +
					"it takes NVIDIA's driver 580 or later",
				Licence: "the plugin is JAX's, under Apache-2.0; the libraries are NVIDIA's, under the " +
					"licences of the CUDA Toolkit, of cuDNN and of NVSHMEM, and NCCL's, which each " +
					"package has in its dist-info/licenses",
				Terms: "https://docs.nvidia.com/cuda/eula/",
			}),
			Systems: "Linux on x86-64 and arm64, also in WSL",
		},
		{
			Set: set("cpu", "0.11.2", cpu[system], datasets.Set{
				About:   "XLA of JAX 0.11.2 for the processor, which is slow and for tests",
				Licence: "Apache-2.0, and those of what is part of it, in THIRD_PARTY_NOTICES",
				Terms:   "https://pypi.org/project/lammps-jax-pjrt-cpu/0.11.2/",
			}, "lammps_jax_pjrt_cpu", "lammps_jax_pjrt_cpu-0.11.2.dist-info"),
			Systems: "Linux on x86-64",
		},
	}
}

// set makes a set of wheels, which are unpacked side by side: the plugin finds its libraries by
// relative paths. Of the folders from, where there are any, what they hold is unpacked, and nothing
// else.
func set(name, version string, wheels []wheel, s datasets.Set, from ...string) datasets.Set {
	folder := name + "-" + version
	s.Name, s.Kind, s.Makes = name, "plugin", []string{folder}
	moves := []datasets.Move{{To: folder}}
	if len(from) > 0 {
		moves = nil
	}
	for _, f := range from {
		moves = append(moves, datasets.Move{From: f, To: folder})
	}
	for _, w := range wheels {
		s.Parts = append(s.Parts, datasets.Part{
			Archive: hub.Archive{
				Name: w.name, Owner: "PyPI", Bytes: w.bytes, SHA256: w.sha256, Mirror: Mirror,
				Address: "https://files.pythonhosted.org/packages/" + w.place + "/" + w.name,
			},
			Moves: moves, Files: w.files, Unpacked: w.unpacked, Programs: true,
		})
	}
	return s
}

// Find returns the plugin of that name.
func Find(name string) (*Plugin, bool) {
	list := All()
	for i := range list {
		if list[i].Name == name {
			return &list[i], true
		}
	}
	return nil, false
}

// Names lists the names of the plugins.
func Names() []string {
	var names []string
	for _, p := range All() {
		names = append(names, p.Name)
	}
	return names
}

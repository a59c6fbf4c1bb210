package device

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/portable"
	"acol/internal/pjrt"
	"acol/internal/stablehlo"
)

// XLA's flags are one list for all platforms, so that a plugin for processors knows whether those
// for GPUs exist. It cannot know what they do there.
func TestTheFlagsOfEveryPlatformExist(t *testing.T) {
	path := cpuPlugin(t)
	b, err := Open(path, backend.FP32, portable.New(1))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	text, err := stablehlo.Module(backend.Graph{
		Nodes: []backend.GraphNode{{}, {Spec: kernel.Add{}, In: []int{0, 0}}}, Outputs: []int{1},
	}, backend.FP32)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]pjrt.Flags{
		"of a toolkit": {toolkitFlag: t.TempDir()}, "in bf16": FlagsOf("", "", backend.BF16),
	}
	maps.Copy(all, flags)
	if len(all["in bf16"]) != 1 {
		t.Errorf("flags %v in bf16", all["in bf16"])
	}
	for platform, flags := range all {
		p, err := b.client.Compile(text, flags, b.devices)
		if err != nil {
			t.Errorf("%s: %v", platform, err)
			continue
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// XLA would look for CUDA where a system has it installed, and not beside the plugin.
func TestThePluginForCUDATakesWhatLiesBesideIt(t *testing.T) {
	root := t.TempDir()
	plugin := filepath.Join(root, "jax_plugins", "xla_cuda13", "xla_cuda_plugin.so")
	for _, name := range []string{"CUDA_HOME", "CUDA_PATH", "XLA_FLAGS"} {
		t.Setenv(name, "")
	}
	t.Setenv("PATH", t.TempDir())
	place := func(dir string) string {
		for _, name := range inToolkit {
			file := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, nil, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	toolkitIs := func(want string) {
		t.Helper()
		got, _ := FlagsOf("cuda", plugin, backend.FP32)[toolkitFlag].(string)
		if got != want && (want != "" || got != "/usr/local/cuda") {
			t.Errorf("the toolkit is %q, want %q", got, want)
		}
	}
	// PyTorch's packages alone.
	beside := filepath.Join(root, "nvidia", "cu13")
	if err := os.MkdirAll(filepath.Join(beside, "lib"), 0o777); err != nil {
		t.Fatal(err)
	}
	toolkitIs("")
	found := place(t.TempDir())
	t.Setenv("PATH", filepath.Join(found, "bin"))
	toolkitIs(found)
	named := place(t.TempDir())
	t.Setenv("CUDA_HOME", named)
	toolkitIs(named)
	toolkitIs(place(beside))
	t.Setenv("XLA_FLAGS", "--"+toolkitFlag+"=/elsewhere")
	toolkitIs("")
	if got := FlagsOf(platformCPU, plugin, backend.FP32); got[toolkitFlag] != nil {
		t.Errorf("flags %v of a processor", got)
	}
}

package device_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acol/internal/kernel/backend"
	"acol/internal/kernel/device"
	"acol/internal/kernel/device/devicetest"
	"acol/internal/kernel/portable"
	"acol/internal/pjrt"
)

func TestNamesAreWordsOrPathsWithNumbers(t *testing.T) {
	for text, want := range map[string]device.Name{
		"cpu":                   {Word: "cpu"},
		"auto":                  {Word: "auto"},
		"cuda":                  {Word: "cuda"},
		"cuda:1":                {Word: "cuda", Ordinals: []int{1}},
		"rocm:3,0":              {Word: "rocm", Ordinals: []int{0, 3}},
		"./cuda":                {Path: "./cuda"},
		"plugin.so":             {Path: "plugin.so"},
		"a/p.so:0,1":            {Path: "a/p.so", Ordinals: []int{0, 1}},
		`C:\plugins\xla.dll`:    {Path: `C:\plugins\xla.dll`},
		`C:\plugins\xla.dll:63`: {Path: `C:\plugins\xla.dll`, Ordinals: []int{63}},
	} {
		n, err := device.Parse(text)
		if err != nil || n.Word != want.Word || n.Path != want.Path ||
			!slices.Equal(n.Ordinals, want.Ordinals) {
			t.Errorf("%s is %+v, want %+v: %v", text, n, want, err)
		}
		if again, err := device.Parse(n.String()); err != nil || again.String() != n.String() {
			t.Errorf("%s is written %s: %v", text, n, err)
		}
	}
}

func TestWrongNamesSayWhatIsRight(t *testing.T) {
	for text, want := range map[string]string{
		"":                          `"" is no device: want auto, cpu, cuda, rocm, tpu, xla-cpu, or`,
		"gpu":                       "did you mean cuda?",
		"CUDA":                      "did you mean cuda?",
		"cuda13:0":                  "did you mean cuda?",
		"cdua":                      "did you mean cuda?",
		"cuda:":                     "did you mean cuda?",
		"cuda:-1":                   "did you mean cuda?",
		"cpu:0":                     "cpu has no numbers",
		"cuda:0,0":                  "go from 0 to 63, each once",
		"cuda:64":                   "go from 0 to 63, each once",
		"cuda:0,,1":                 "go from 0 to 63, each once",
		"cuda:99999999999999999999": "go from 0 to 63, each once",
	} {
		_, err := device.Parse(text)
		var e *device.Error
		if !errors.As(err, &e) || !e.Wrong || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one about %q", text, err, want)
		}
	}
}

// plugins makes a folder of plugins with files of these names, which hold no plugin.
func plugins(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("ACOL_PLUGINS", dir)
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("no plugin"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPluginsAreFoundWhereTheirPackagesHaveThem(t *testing.T) {
	dir := plugins(t, "xla_cpu-1.so", "mine/pjrt_rocm.so", "notes.txt", ".cuda13.part/a.so",
		"cuda12/jax_plugins/xla_cuda12/xla_cuda_plugin.so",
		"cuda13/jax_plugins/xla_cuda13/xla_cuda_plugin.so", "cuda13/nvidia/cu13/lib/libcudart.so",
		"tpu/libtpu/libtpu.so")
	list, err := device.Find()
	for i := range list {
		list[i], _ = filepath.Rel(dir, list[i])
		list[i] = filepath.ToSlash(list[i])
	}
	if want := []string{"cuda12/jax_plugins/xla_cuda12/xla_cuda_plugin.so",
		"cuda13/jax_plugins/xla_cuda13/xla_cuda_plugin.so", "mine/pjrt_rocm.so",
		"tpu/libtpu/libtpu.so", "xla_cpu-1.so"}; !slices.Equal(list, want) || err != nil {
		t.Errorf("found %q, want %q: %v", list, want, err)
	}
	for word, want := range map[string]string{
		"cuda": "cuda13/jax_plugins/xla_cuda13/xla_cuda_plugin.so", "rocm:1": "mine/pjrt_rocm.so",
		"tpu": "tpu/libtpu/libtpu.so", "xla-cpu": "xla_cpu-1.so",
	} {
		path, err := device.File(word)
		if want = filepath.Join(dir, filepath.FromSlash(want)); path != want || err != nil {
			t.Errorf("%s is %s, want %s: %v", word, path, want, err)
		}
	}
	if list, err := device.Accelerators(); len(list) != 4 || err != nil {
		t.Errorf("accelerators %q: %v", list, err)
	}
}

func TestWhatCannotBeOpenedSaysWhatToDo(t *testing.T) {
	dir := plugins(t, "text.so")
	for name, want := range map[string]struct {
		text, advice string
		wrong        bool
	}{
		"cuda":         {"there is no plugin for cuda in " + dir, "acol device install cuda13", false},
		"xla-cpu":      {"there is no plugin for xla-cpu", "acol device install cpu", false},
		"tpu":          {"there is no plugin for tpu", "docs/devices.md", false},
		dir + "/no.so": {"no such file", "acol device list", true},
		dir + "/.":     {"folder", "acol device list", true},
		filepath.Join(dir, "text.so"): {"loading the plugin: ",
			"want a shared library for this system that has the function GetPjrtApi", true},
	} {
		if pjrt.Missing() != nil && filepath.IsAbs(name) {
			continue // the program opens none, and says so
		}
		_, err := device.Open(name, backend.FP32, portable.New(1))
		var e *device.Error
		if !errors.As(err, &e) || e.Wrong != want.wrong || !strings.Contains(e.Text, want.text) ||
			!strings.Contains(e.Hint(), want.advice) {
			t.Errorf("%s: error %+v, want %+v", name, err, want)
		}
	}
}

func TestADeviceIsOneOfItsPlugin(t *testing.T) {
	path := devicetest.Plugin(t)
	for name, devices := range map[string]int{
		path: 1, path + ":0": 1, path + ":2": 1, path + ":3,1": 2,
	} {
		b, err := device.Open(name, backend.FP32, portable.New(1))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !b.Processor() {
			t.Errorf("%s: %s is taken for no processor", name, b.ISA())
		}
		if b.Replicas() != devices || (devices > 1) != strings.HasPrefix(b.ISA(), "2 x ") {
			t.Errorf("%s: %d devices, %s", name, b.Replicas(), b.ISA())
		}
		b.Close()
	}
	c, err := device.Survey(path)
	if err != nil || len(c.Devices) == 0 {
		t.Fatalf("surveying: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// The plugin is named as one for GPUs, which is started with all of its devices where it does not
// know how to be given some.
func TestNumbersOfNoDeviceSayHowManyThereAre(t *testing.T) {
	path := filepath.Join(t.TempDir(), "xla_cuda_plugin.so")
	if err := os.Symlink(devicetest.Plugin(t), path); err != nil {
		t.Skip(err)
	}
	c, err := device.Survey(path)
	if err != nil {
		t.Fatal(err)
	}
	n := len(c.Devices)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	want := fmt.Sprintf("there are devices 0 to %d", n-1)
	if n == 1 {
		want = "there is device 0 alone"
	}
	as := ":" // as many as there are
	for k := range n - 1 {
		as += fmt.Sprint(k, ",")
	}
	for _, list := range []string{":63", ":0,63", as + "63"} {
		_, err := device.Open(path+list, backend.FP32, portable.New(1))
		if e := new(device.Error); !errors.As(err, &e) || !e.Wrong || e.Text != path+list+": "+want {
			t.Errorf("%s: error %v, want %s", list, err, want)
		}
	}
}

func TestAPluginWithoutAShareOfMemorySaysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "xla_cuda_plugin.so")
	if err := os.Symlink(devicetest.Plugin(t), path); err != nil {
		t.Skip(err)
	}
	t.Setenv("ACOL_DEVICE_MEMORY", "0.5")
	for _, name := range []string{path, path + ":0"} {
		_, err := device.Open(name, backend.FP32, portable.New(1))
		want := "ACOL_DEVICE_MEMORY: the plugin has no option for its share of a device's memory"
		if e := new(device.Error); !errors.As(err, &e) || e.Text != want || e.Advice != "unset it" {
			t.Errorf("%s: error %v, want %s", name, err, want)
		}
	}
}

func TestProcessesOfAMachineShareItsDevicesOut(t *testing.T) {
	for text, want := range map[string][]string{
		"cpu": {"cpu", "cpu"}, "auto": {"auto", "auto"}, "cuda": {"cuda:0", "cuda:1", "cuda:2"},
		"cuda:2,5": {"cuda:2", "cuda:5", "cuda:2"}, "cuda:1": {"cuda:1", "cuda:1"},
		"a/p.so": {"a/p.so:0", "a/p.so:1"}, "cuda:0,1,4,5": {"cuda:0,1", "cuda:4,5"},
	} {
		n, err := device.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for k, w := range want {
			if got, err := n.For(k, len(want)); err != nil || got.String() != w {
				t.Errorf("%s for process %d is %s, %v, want %s", text, k, got, err, w)
			}
		}
	}
	n, err := device.Parse("cuda:0,1,2")
	if err != nil || n.Count() != 3 {
		t.Errorf("%s is of %d devices, %v", n, n.Count(), err)
	}
	const want = "cuda:0,1,2: 3 devices cannot be shared out equally to the 2 processes of a machine"
	if _, err := n.For(1, 2); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

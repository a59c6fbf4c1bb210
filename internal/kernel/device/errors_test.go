package device

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acol/internal/pjrt"
)

// nvrm is what NVIDIA's driver says of itself in /proc/driver/nvidia/version.
func nvrm(version string) string {
	return "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  " + version +
		"  Release Build  (dvs-builder@U22-I3)  Mon Mar 31 20:11:21 UTC 2025\n" +
		"GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)\n"
}

func TestWhatIsWrongWithADriverIsSaid(t *testing.T) {
	const cuda13 = "p/cuda13/jax_plugins/xla_cuda13/xla_cuda_plugin.so"
	for _, tc := range []struct {
		path, version, visible string
		gpu, wsl               bool
		text, advice           string
	}{
		{path: cuda13, text: "there is no driver of NVIDIA", advice: "--gpus all"},
		{path: cuda13, wsl: true},
		{path: cuda13, version: "570.133.20", gpu: true,
			text:   "NVIDIA's driver is 570.133.20, and cuda13 takes 580 or later",
			advice: "update the driver"},
		{path: "cuda12/x.so", version: "570.133.20", gpu: true},
		{path: cuda13, version: "580.65.06",
			text: "NVIDIA's driver is there, and no GPU", advice: "--gpus all"},
		{path: cuda13, version: "580.65.06", gpu: true},
		{path: cuda13, version: "580.65.06", gpu: true, visible: "-1",
			text: `CUDA_VISIBLE_DEVICES is "-1"`, advice: "unset the variable"},
	} {
		root := t.TempDir()
		for name, text := range map[string]string{
			driverSays: tc.version, driverDevice: mark(tc.gpu), driverInWSL: mark(tc.wsl),
		} {
			if text == "" {
				continue
			}
			if name == driverSays {
				text = nvrm(text)
			}
			path := filepath.Join(root, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777),
				os.WriteFile(path, []byte(text), 0o666)); err != nil {
				t.Fatal(err)
			}
		}
		if tc.visible != "" {
			t.Setenv("CUDA_VISIBLE_DEVICES", tc.visible)
		}
		text, advice := driverFault(tc.path, root)
		if (tc.text == "") != (text == "") || !strings.Contains(text, tc.text) ||
			!strings.Contains(advice, tc.advice) {
			t.Errorf("%+v: %q, %q", tc, text, advice)
		}
	}
}

func mark(there bool) string {
	if there {
		return "there"
	}
	return ""
}

func TestOldAndIncompletePluginsSayWhatToDo(t *testing.T) {
	for _, tc := range []struct {
		err          error
		text, advice string
		wrong        bool
	}{
		{&pjrt.VersionError{Version: "0.30", Functions: 60, Old: true},
			"p.so is too old: its interface is PJRT 0.30 with 60 functions", "a newer plugin",
			false},
		{&pjrt.VersionError{Version: "1.2", Functions: 200},
			"p.so is newer than this program", "a newer acol", false},
		{&pjrt.LinkError{Text: "no libcudnn", Library: "libcudnn.so.9"},
			"no libcudnn", "libcudnn.so.9 belongs beside the plugin", false},
		{&pjrt.LinkError{Text: "p.so is a library"}, "p.so is a library", "GetPjrtApi", true},
		{&pjrt.Error{Text: "internal"}, "internal", "acol device list", false},
	} {
		var e *Error
		if err := unloadable("p.so", tc.err); !errors.As(err, &e) || e.Wrong != tc.wrong ||
			!strings.Contains(e.Text, tc.text) || !strings.Contains(e.Hint(), tc.advice) ||
			!errors.Is(err, tc.err) {
			t.Errorf("%v: %+v", tc.err, e)
		}
	}
}

func TestTooLittleMemorySaysWhatTakesLess(t *testing.T) {
	full := &pjrt.Error{Code: 8,
		Text: "Out of memory while trying to allocate 9 bytes.\nAllocator:"}
	for memory, want := range map[int64]string{
		0: "the memory of the device X1 does not suffice: " +
			"Out of memory while trying to allocate 9 bytes.",
		3 << 30: "the memory of the device X1, which gives programs 3072 MiB, does not suffice: " +
			"Out of memory while trying to allocate 9 bytes.",
	} {
		err := tooLarge("X1", 1, memory, full)
		var e *Error
		if !errors.As(err, &e) || e.Text != want || e.Wrong || !pjrt.OutOfMemory(err) ||
			!strings.Contains(e.Hint(), "train.batch_size") {
			t.Errorf("%d bytes: error %+v", memory, err)
		}
	}
	b := &Backend{}
	if other := errors.New("other"); !errors.Is(b.outOfMemory(other), other) || b.outOfMemory(nil) != nil {
		t.Error("another error is taken for one about memory")
	}
}

func TestAMissingAssemblerIsSaidToBeMissing(t *testing.T) {
	other := errors.New("compiling: a shape is wrong")
	if got := withoutToolkit(other); !errors.Is(got, other) {
		t.Errorf("%v became %v", other, got)
	}
	cause := errors.New("compiling: No PTX compilation provider is available. Neither …")
	err := withoutToolkit(cause)
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, cause) || !strings.Contains(e.Text, "ptxas") ||
		!strings.Contains(e.Hint(), "CUDA_HOME") {
		t.Errorf("error %#v", err)
	}
}

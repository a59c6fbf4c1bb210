package device

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"acol/internal/pjrt"
	"acol/internal/regular"
)

// Error is of a device that cannot be used, with what to do about it.
type Error struct {
	Text string
	// Advice is what the user can do; it may be empty.
	Advice string
	// Wrong says that there is no such device or plugin, so that another name has to be given.
	Wrong bool
	// Err is the cause; it may be nil.
	Err error
}

func (e *Error) Error() string { return e.Text }

// Hint says what the user can do.
func (e *Error) Hint() string {
	if e.Advice == "" {
		return "acol device list shows the devices; --device cpu computes on the processor"
	}
	return e.Advice
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// outOfMemory says what a plugin's error about memory means; other errors stay as they are.
func (b *Backend) outOfMemory(err error) error {
	if !pjrt.OutOfMemory(err) {
		return err
	}
	least := b.devices[0].Memory()
	for _, d := range b.devices[1:] {
		least = min(least, d.Memory())
	}
	return tooLarge(b.ISA(), len(b.devices), least, err)
}

// tooLarge is the error of a program that takes more than the memory of a device, or of one of
// several, each of which gives so many bytes; 0 where that is not known.
func tooLarge(kind string, devices int, memory int64, err error) error {
	name, which := "device", "which gives"
	if devices > 1 {
		name, which = "devices", "each of which gives"
	}
	has := ""
	if memory > 0 {
		has = fmt.Sprintf(", %s programs %d MiB,", which, memory>>20)
	}
	more := ""
	if memory > 0 && os.Getenv(memoryVariable) == "" {
		more = ", or give it more of a GPU's memory (" + memoryVariable + "=0.9)"
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return &Error{
		Text: fmt.Sprintf("the memory of the %s %s%s does not suffice: %s", name, kind, has, text),
		Advice: "take smaller batches (--batch, train.batch_size; train.accumulate keeps the " +
			"figures of large ones) or smaller images, or end what else computes on the device" + more,
		Err: err,
	}
}

// unloadable says what it means that a plugin's file cannot be opened.
func unloadable(path string, err error) error {
	e := &Error{Text: err.Error(), Err: err}
	var lacks *pjrt.VersionError
	var link *pjrt.LinkError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Wrong = true
	case errors.As(err, &lacks) && lacks.Old:
		e.Text = fmt.Sprintf("%s is too old: %v", path, err)
		e.Advice = "take a newer plugin: acol device install fetches some"
	case errors.As(err, &lacks):
		e.Text = fmt.Sprintf("%s is newer than this program: %v", path, err)
		e.Advice = "take an older plugin, or a newer acol"
	case errors.As(err, &link) && link.Library != "":
		e.Advice = fmt.Sprintf("%s belongs beside the plugin, as docs/devices.md says", link.Library)
	case errors.As(err, &link):
		e.Wrong = true
		e.Advice = "want a shared library for this system that has the function GetPjrtApi; " +
			"docs/devices.md says where plugins come from"
	case !errors.As(err, new(*pjrt.Error)): // a folder, say
		e.Wrong = true
	}
	return e
}

// unstartable says what it means that a plugin for a platform finds no device.
func unstartable(path string, p platform, err error) error {
	e := new(Error)
	if errors.As(err, &e) {
		return e
	}
	e = &Error{Text: err.Error(), Err: err}
	if p.word != "cuda" {
		return e
	}
	var text string
	if text, e.Advice = driverFault(path, "/"); text != "" {
		e.Text = fmt.Sprintf("starting %s: %s (the plugin says: %s)", path, text, firstLine(err))
	}
	return e
}

// firstLine is the first line of an error that a plugin gave.
func firstLine(err error) string {
	var of *pjrt.Error
	if errors.As(err, &of) {
		err = of
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimSuffix(line, ".")
}

// Where a system has what NVIDIA's driver says of itself, and its libraries: those of Linux, and of
// Linux on Windows.
const (
	driverSays   = "proc/driver/nvidia/version"
	driverInWSL  = "usr/lib/wsl/lib/libcuda.so.1"
	driverDevice = "dev/nvidiactl"
)

// leastDriver is the driver of NVIDIA that a CUDA takes, by a part of the plugin's path.
var leastDriver = []struct {
	mark  string
	major int
}{{"cuda13", 580}, {"cuda12", 525}}

// versionOfDriver finds the number in the first line of driverSays.
var versionOfDriver = regexp.MustCompile(`(?m)^NVRM version:.*?\s(\d+)\.(\d+[.\d]*)\s`)

// driverFault says what is wrong with NVIDIA's driver of the system whose files are below root, and
// what to do; both are empty where nothing is found.
func driverFault(path, root string) (text, advice string) {
	const container = "; a container sees GPUs where it was started with them (--gpus all)"
	says, err := regular.ReadFile(filepath.Join(root, driverSays))
	if err != nil {
		if _, err := os.Stat(filepath.Join(root, driverInWSL)); err == nil {
			return "", ""
		}
		return "there is no driver of NVIDIA on this system", "install the driver, after which " +
			"nvidia-smi lists the GPUs" + container
	}
	found := versionOfDriver.FindSubmatch(says)
	for _, l := range leastDriver {
		if found == nil || !strings.Contains(path, l.mark) {
			continue
		}
		if major, err := strconv.Atoi(string(found[1])); err == nil && major < l.major {
			text = fmt.Sprintf("NVIDIA's driver is %s.%s, and %s takes %d or later", found[1],
				found[2], l.mark, l.major)
			return text, "update the driver, or take a plugin for an older CUDA, such as jax-cuda12-pjrt"
		}
	}
	if _, err := os.Stat(filepath.Join(root, driverDevice)); err != nil {
		return "NVIDIA's driver is there, and no GPU", "nvidia-smi lists the GPUs" + container
	}
	if v, ok := os.LookupEnv("CUDA_VISIBLE_DEVICES"); ok {
		return fmt.Sprintf("CUDA_VISIBLE_DEVICES is %q, which hides GPUs", v),
			"unset the variable, or name GPUs that nvidia-smi lists"
	}
	return "", ""
}

// Package pjrt runs compiled programs on accelerators through PJRT, the C interface of XLA's device
// runtimes (https://openxla.org/xla/pjrt). A plugin is a shared library that the user names:
// NVIDIA, AMD, Intel and Google publish them for their devices, and there are some for processors.
// The package calls a plugin by purego, so that it needs no C compiler and no library at build
// time. It knows nothing of what the programs compute.
package pjrt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"acol/internal/regular"
)

// Plugin is a loaded plugin.
type Plugin struct {
	// Path is the file that it was loaded from.
	Path string
	// Major and Minor are the version of the interface that the plugin was built with.
	Major, Minor int

	api     unsafe.Pointer // the plugin's PJRT_Api
	entries int            // how many functions it has
}

// head begins every argument struct of the interface: its size, and a list of extensions that this
// package leaves empty.
type head struct {
	size uintptr
	ext  unsafe.Pointer
}

// tail ends the argument structs. The interface only ever appends fields, whose zero means the
// former behaviour. A plugin that is newer than this file refuses a struct that is shorter than its
// own, and takes a longer one. So zeros follow each struct here and are counted with it.
type tail [96]byte

// Version is the version of the interface that the plugin was built with, such as 0.115.
func (p *Plugin) Version() string { return fmt.Sprintf("%d.%d", p.Major, p.Minor) }

// What PJRT_Api holds before its functions: struct_size and extension_start, then the version's own
// struct_size and extension_start, major and minor.
const (
	majorAt     = 32
	minorAt     = 36
	functionsAt = 40
)

// logLevel is the variable that says what XLA writes to standard error. From 1 on it leaves out its
// notes, which say nothing to a user; JAX takes that too.
const logLevel = "TF_CPP_MIN_LOG_LEVEL"

// Open loads the plugin at path and starts it. It stays for the life of the process, since XLA
// cannot be unloaded. A file that is no plugin, or one of an interface that this package does not
// speak, is an error.
func Open(path string) (*Plugin, error) {
	f, err := regular.Open(path) // which says what is no file, and does not wait for a pipe
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	// The loader looks for a name without a slash elsewhere.
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	if os.Getenv(logLevel) == "" {
		if err := os.Setenv(logLevel, "1"); err != nil {
			return nil, err
		}
	}
	get, err := symbol(path, "GetPjrtApi")
	if err != nil {
		return nil, err
	}
	api := invoke(get, nil)
	if api == 0 {
		return nil, &LinkError{Text: path + ": the plugin gives no PJRT interface"}
	}
	p := &Plugin{Path: path, api: pointer(api)}
	p.Major = int(*(*int32)(unsafe.Add(p.api, majorAt)))
	p.Minor = int(*(*int32)(unsafe.Add(p.api, minorAt)))
	p.entries = (int(*(*uintptr)(p.api)) - functionsAt) / int(unsafe.Sizeof(uintptr(0)))
	if p.Major != 0 || p.entries <= bufferToHost.at {
		return nil, &VersionError{Version: p.Version(), Functions: p.entries, Old: p.Major == 0}
	}
	var a struct {
		head
		tail
	}
	a.size = unsafe.Sizeof(a)
	if err := p.call(pluginInitialize, unsafe.Pointer(&a)); err != nil {
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	return p, nil
}

// VersionError is of a plugin whose interface this package does not speak.
type VersionError struct {
	Version   string
	Functions int
	// Old says that the plugin has too few functions; else its interface is of another kind.
	Old bool
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("its interface is PJRT %s with %d functions, want version 0 with "+
		"at least %d", e.Version, e.Functions, bufferToHost.at+1)
}

// LinkError is of a file that is no plugin, or that the system cannot load.
type LinkError struct {
	Text string
	// Library is another library that the file takes and that is missing, such as libcudnn.so.9.
	Library string
}

func (e *LinkError) Error() string { return e.Text }

// linkError reads what the system's loader says of the file at path.
func linkError(path string, err error) error {
	e := &LinkError{Text: "loading the plugin: " + err.Error()}
	first, rest, _ := strings.Cut(err.Error(), ": ")
	if strings.Contains(rest, "cannot open shared object file") && first != path {
		e.Library = first
	}
	return e
}

// noPlugin says that a library lacks the function by which plugins are known.
func noPlugin(path, name string) string {
	return fmt.Sprintf("%s is a library, but no PJRT plugin: it has no function %s", path, name)
}

// pointer turns an address of C memory, which the garbage collector neither moves nor frees, into a
// pointer.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// raw calls a function of the plugin's table with its one argument.
func (p *Plugin) raw(f function, args unsafe.Pointer) uintptr {
	fn := *(*uintptr)(unsafe.Add(p.api, functionsAt+f.at*int(unsafe.Sizeof(uintptr(0)))))
	return invoke(fn, args)
}

// has says whether the plugin has a function.
func (p *Plugin) has(f function) bool {
	at := functionsAt + f.at*int(unsafe.Sizeof(uintptr(0)))
	return f.at < p.entries && *(*uintptr)(unsafe.Add(p.api, at)) != 0
}

// call calls a function and gives its PJRT_Error as an Error.
func (p *Plugin) call(f function, args unsafe.Pointer) error {
	if !p.has(f) {
		return &Error{Code: unimplemented,
			Text: fmt.Sprintf("%s (PJRT %d.%d) lacks %s", p.Path, p.Major, p.Minor, f.name)}
	}
	e := p.raw(f, args)
	if e == 0 {
		return nil
	}
	return p.failure(e)
}

// failure reads an error of the plugin and frees it.
func (p *Plugin) failure(e uintptr) error {
	var m struct {
		head
		err  uintptr
		text *byte
		n    uintptr
		tail
	}
	m.size, m.err = unsafe.Sizeof(m), e
	p.raw(errorMessage, unsafe.Pointer(&m))
	var c struct {
		head
		err  uintptr
		code int32
		tail
	}
	c.size, c.err = unsafe.Sizeof(c), e
	if r := p.raw(errorGetCode, unsafe.Pointer(&c)); r != 0 {
		p.free(r)
	}
	err := &Error{Code: int(c.code), Text: text(m.text, m.n)}
	p.free(e)
	return err
}

// free frees an error of the plugin.
func (p *Plugin) free(e uintptr) {
	a := object{of: e}
	a.size = unsafe.Sizeof(a)
	p.raw(errorDestroy, unsafe.Pointer(&a))
}

// text copies a string of C.
func text(s *byte, n uintptr) string {
	if s == nil {
		return ""
	}
	return string(unsafe.Slice(s, n))
}

// object is the argument of functions that take one object.
type object struct {
	head
	of uintptr
	tail
}

// on calls a function of one object.
func (p *Plugin) on(f function, of uintptr) error {
	a := &object{of: of}
	a.size = unsafe.Sizeof(*a)
	return p.call(f, unsafe.Pointer(a))
}

// wait blocks until an event has happened, and frees it.
func (p *Plugin) wait(event uintptr) error {
	if event == 0 {
		return nil
	}
	err := p.on(eventAwait, event)
	return errors.Join(err, p.on(eventDestroy, event))
}

// Codes of errors, those of absl::StatusCode.
const (
	invalidArgument   = 3
	resourceExhausted = 8
	unimplemented     = 12
)

// Error is an error of a plugin.
type Error struct {
	// Code is that of absl::StatusCode, such as 3 for an invalid argument.
	Code int
	// Text is the plugin's own description.
	Text string
}

func (e *Error) Error() string { return e.Text }

// OutOfMemory says whether an error is that of a device whose memory does not suffice.
func OutOfMemory(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == resourceExhausted
}

// UnknownOption says whether an error is that of a plugin that does not know an option.
func UnknownOption(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == invalidArgument &&
		strings.Contains(e.Text, "Unexpected option")
}

// Unimplemented says whether an error is that of a plugin that cannot do what was asked for.
func Unimplemented(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == unimplemented
}

package pjrt

import (
	"fmt"
	"unsafe"
)

// Serialize gives the program as bytes, from which Load makes it again. They are code for the
// client's plugin and device, and of use to no other. A plugin may not be able to do it.
func (p *Program) Serialize() ([]byte, error) {
	var code []byte
	err := p.inner(func(e uintptr) error {
		var a struct {
			head
			executable uintptr
			bytes      *byte
			n          uintptr
			serialized uintptr
			free       uintptr // a function that takes serialized
			tail
		}
		a.size, a.executable = unsafe.Sizeof(a), e
		if err := p.plugin.call(executableSerialize, unsafe.Pointer(&a)); err != nil {
			return err
		}
		code = append(code, unsafe.Slice(a.bytes, a.n)...)
		if a.free != 0 {
			invoke(a.free, pointer(a.serialized))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("taking a program from the device: %w", err)
	}
	return code, nil
}

// Load makes a program of what Serialize gave of one with so many replicas. The bytes are run as
// they are: they must be those of the same plugin on the same devices.
func (c *Client) Load(code []byte, replicas int) (*Program, error) {
	var a struct {
		head
		client uintptr
		bytes  *byte
		n      uintptr
		loaded uintptr
		tail
	}
	a.size, a.client = unsafe.Sizeof(a), c.client
	a.bytes, a.n = unsafe.SliceData(code), uintptr(len(code))
	if err := c.plugin.call(executableLoad, unsafe.Pointer(&a)); err != nil {
		return nil, fmt.Errorf("loading a program: %w", err)
	}
	return c.plugin.loaded(a.loaded, replicas)
}

// loaded is the program of a PJRT_LoadedExecutable, which it takes over.
func (p *Plugin) loaded(executable uintptr, replicas int) (*Program, error) {
	program := &Program{plugin: p, loaded: executable, Replicas: replicas}
	err := program.inner(func(e uintptr) error {
		var n struct {
			head
			executable, n uintptr
			tail
		}
		n.size, n.executable = unsafe.Sizeof(n), e
		err := p.call(executableNumOutputs, unsafe.Pointer(&n))
		program.outputs = int(n.n)
		return err
	})
	if err != nil {
		_ = program.Close()
		return nil, err
	}
	return program, nil
}

package pjrt

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"unsafe"
)

// Buffer is an array of float32 or uint8 in the memory of a device.
type Buffer struct {
	plugin *Plugin
	buffer uintptr
}

// What PJRT_Buffer_Type and PJRT_HostBufferSemantics call it.
const (
	typeU8             = 6
	typeF32            = 11
	immutableUntilDone = 1
	bytesOfFloat       = 4
)

// Transfer is a number of copies between a device and Go memory that are under way. The memory must
// not be written, or for downloads not be read, until Wait has returned.
type Transfer struct {
	plugin *Plugin
	pins   runtime.Pinner
	events []uintptr
}

// NewTransfer begins copies to or from the client's devices.
func (c *Client) NewTransfer() *Transfer { return &Transfer{plugin: c.plugin} }

// Upload begins to copy data, an array of the shape in row-major order, to a device. The buffer can
// be used at once, and is the caller's to free.
func (t *Transfer) Upload(c *Client, d *Device, data []float32, shape []int) (*Buffer, error) {
	return upload(t, c, d, data, typeF32, shape)
}

// UploadBytes is Upload of an array of uint8.
func (t *Transfer) UploadBytes(c *Client, d *Device, data []byte, shape []int) (*Buffer, error) {
	return upload(t, c, d, data, typeU8, shape)
}

func upload[T float32 | byte](
	t *Transfer, c *Client, d *Device, data []T, kind int32, shape []int,
) (*Buffer, error) {
	n := 1
	for _, k := range shape {
		n *= k
	}
	if len(data) != n {
		return nil, fmt.Errorf("copying %d values as an array of shape %v", len(data), shape)
	}
	var a struct {
		head
		client    uintptr
		data      unsafe.Pointer
		kind      int32
		dims      *int64
		ndims     uintptr
		strides   *int64
		nstrides  uintptr
		semantics int32
		device    uintptr
		memory    uintptr
		layout    uintptr
		done      uintptr
		buffer    uintptr
		tail
	}
	dims := make([]int64, len(shape)+1) // never empty, so that it has an address
	for i, k := range shape {
		dims[i] = int64(k)
	}
	pin(t, data)
	a.size, a.client, a.device = unsafe.Sizeof(a), c.client, d.device
	a.data, a.kind = unsafe.Pointer(unsafe.SliceData(data)), kind
	a.dims, a.ndims, a.semantics = &dims[0], uintptr(len(shape)), immutableUntilDone
	if err := t.plugin.call(clientFromHost, unsafe.Pointer(&a)); err != nil {
		return nil, fmt.Errorf("copying to the device: %w", err)
	}
	t.events = append(t.events, a.done)
	return &Buffer{plugin: t.plugin, buffer: a.buffer}, nil
}

// Download begins to copy a buffer to dst in row-major order. It waits for the program that
// computes the buffer.
func (t *Transfer) Download(dst []float32, b *Buffer) error {
	var a struct {
		head
		src    uintptr
		layout unsafe.Pointer
		dst    unsafe.Pointer
		bytes  uintptr
		event  uintptr
		tail
	}
	pin(t, dst)
	a.size, a.src = unsafe.Sizeof(a), b.buffer
	a.dst, a.bytes = unsafe.Pointer(unsafe.SliceData(dst)), uintptr(len(dst))*bytesOfFloat
	if err := t.plugin.call(bufferToHost, unsafe.Pointer(&a)); err != nil {
		return fmt.Errorf("copying from the device: %w", err)
	}
	t.events = append(t.events, a.event)
	return nil
}

// pin keeps the memory where it is until Wait.
func pin[T float32 | byte](t *Transfer, data []T) {
	if len(data) > 0 {
		t.pins.Pin(unsafe.SliceData(data))
	}
}

// Wait waits until all copies are done, those too that were begun before one failed. What several
// fail of, as after a run that failed, is said once.
func (t *Transfer) Wait() error {
	var errs []error
	for _, e := range t.events {
		err := t.plugin.wait(e)
		said := func(other error) bool { return other.Error() == err.Error() }
		if err != nil && !slices.ContainsFunc(errs, said) {
			errs = append(errs, err)
		}
	}
	t.events = nil
	t.pins.Unpin()
	if len(errs) > 0 {
		return fmt.Errorf("computing or copying: %w", errors.Join(errs...))
	}
	return nil
}

// Free lets the memory go.
func (b *Buffer) Free() error { return b.plugin.on(bufferDestroy, b.buffer) }

package device

import (
	"errors"
	"fmt"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/pjrt"
)

// array is how a value of a graph lies in memory and on the devices.
type array struct {
	shape    []int // within a replica
	replicas int
	// split says that each replica has another value, and memory those of all, in a row.
	split bool
	bytes bool // a byte a value
}

func arrayOf(g backend.Graph, i int) array {
	n := g.Nodes[i]
	return array{shape: n.Shape, replicas: g.Parts(), split: n.Split, bytes: n.Bytes}
}

// parts are the buffers of a value, one on the device of each replica.
type parts []*pjrt.Buffer

func (p parts) free() error {
	var errs []error
	for _, b := range p {
		errs = append(errs, b.Free())
	}
	return errors.Join(errs...)
}

// upload begins to copy a value to the devices, straight out of its memory. Beside an error come
// the buffers that were made before it.
func (a array) upload(up *pjrt.Transfer, b *Backend, value []float32) (parts, error) {
	n := kernel.Elements(a.shape)
	whole := n
	if a.split {
		whole *= a.replicas
	}
	words := whole
	if a.bytes {
		words = backend.WordsOfBytes(whole)
	}
	if len(value) != words {
		return nil, fmt.Errorf("copying %d words as %s", len(value), a)
	}
	var p parts
	for r := range a.replicas {
		at := 0
		if a.split {
			at = r * n
		}
		var buffer *pjrt.Buffer
		var err error
		if a.bytes {
			buffer, err = up.UploadBytes(b.client, b.devices[r],
				backend.AsBytes(value, whole)[at:][:n], a.shape)
		} else {
			buffer, err = up.Upload(b.client, b.devices[r], value[at:][:n], a.shape)
		}
		if err != nil {
			return p, err
		}
		p = append(p, buffer)
	}
	return p, nil
}

// download begins to copy a value to memory: of all replicas where it is split, else of the first.
func (a array) download(down *pjrt.Transfer, into []float32, from parts) error {
	n, count := kernel.Elements(a.shape), 1
	if a.split {
		count = a.replicas
	}
	if len(into) != n*count {
		return fmt.Errorf("copying %s to %d words", a, len(into))
	}
	for r, b := range from[:count] {
		if err := down.Download(into[r*n:][:n], b); err != nil {
			return err
		}
	}
	return nil
}

// String describes the array in errors.
func (a array) String() string {
	text := fmt.Sprintf("an array of shape %v", a.shape)
	if a.bytes {
		text += " of bytes"
	}
	if a.split {
		text += fmt.Sprintf(" in each of %d replicas", a.replicas)
	}
	return text
}

package device

import (
	"errors"
	"fmt"

	"acol/internal/kernel/backend"
	"acol/internal/pjrt"
)

// program is a graph on the device.
type program struct {
	backend  *Backend
	compiled *pjrt.Program // the backend's, which may serve several programs
	leaves   []leaf
	homes    []*home // of the outputs; nil for those that are copied out
}

// leaf is an input of a program.
type leaf struct {
	shape []int
	fixed bool
	bytes bool         // a byte a value
	home  *home        // where another program has left it; else nil
	kept  *pjrt.Buffer // a fixed leaf on the device
}

// Bytes implements backend.Program.
func (p *program) Bytes() int64 {
	if p.backend.platform != platformCPU {
		return 0
	}
	return p.compiled.Bytes()
}

// Run implements backend.Program.
func (p *program) Run(out, in [][]float32, fresh bool) (err error) {
	var passing []*pjrt.Buffer // those that end with this run
	defer func() {
		for _, b := range passing {
			err = errors.Join(err, b.Free())
		}
	}()
	up := p.backend.client.NewTransfer()
	args := make([]*pjrt.Buffer, len(p.leaves))
	for i := range p.leaves {
		l := &p.leaves[i]
		if l.home != nil {
			if args[i] = l.home.buffer; args[i] == nil {
				return errors.Join(errEmptyHome, up.Wait())
			}
			continue
		}
		if l.fixed && l.kept != nil && !fresh {
			args[i] = l.kept
			continue
		}
		b, err := l.upload(up, p.backend, in[i])
		if err != nil {
			return p.backend.outOfMemory(errors.Join(err, up.Wait()))
		}
		args[i] = b
		if !l.fixed {
			passing = append(passing, b)
			continue
		}
		if l.kept != nil {
			passing = append(passing, l.kept)
		}
		l.kept = b
	}
	results, err := p.compiled.Run(args)
	if err != nil {
		passing = append(passing, results...)
		return p.backend.outOfMemory(errors.Join(err, up.Wait()))
	}
	down := p.backend.client.NewTransfer()
	for i, r := range results {
		if h := p.homes[i]; h != nil {
			err = errors.Join(err, h.set(r))
			continue
		}
		passing = append(passing, r)
		if err == nil {
			err = down.Download(out[i], r)
		}
	}
	if err := errors.Join(err, up.Wait(), down.Wait()); err != nil {
		return p.backend.outOfMemory(err)
	}
	return nil
}

// upload begins to copy the leaf's value to the device.
func (l *leaf) upload(up *pjrt.Transfer, b *Backend, value []float32) (*pjrt.Buffer, error) {
	if !l.bytes {
		return up.Upload(b.client, b.devices[0], value, l.shape)
	}
	n := 1
	for _, k := range l.shape {
		n *= k
	}
	if len(value) != backend.WordsOfBytes(n) {
		return nil, fmt.Errorf("copying %d words as bytes of shape %v", len(value), l.shape)
	}
	return up.UploadBytes(b.client, b.devices[0], backend.AsBytes(value, n), l.shape)
}

// Close implements backend.Program. What was compiled stays for other programs of the same text.
func (p *program) Close() error {
	delete(p.backend.open, p)
	var errs []error
	for i := range p.leaves {
		if b := p.leaves[i].kept; b != nil {
			errs = append(errs, b.Free())
			p.leaves[i].kept = nil
		}
	}
	for _, h := range p.homes {
		if h != nil {
			errs = append(errs, h.set(nil))
		}
	}
	return errors.Join(errs...)
}

package device

import (
	"errors"
	"fmt"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/pjrt"
)

// program is a graph on the device.
type program struct {
	backend  *Backend
	compiled *pjrt.Program // the backend's, which may serve several programs
	leaves   []leaf
	heirs    []*leaf // those that a run changes; the outputs of their successions come last
	homes    []*home // of the outputs before them; nil for those that are copied out
	running  []run   // under way, oldest first
}

// leaf is an input of a program.
type leaf struct {
	shape []int
	stays bool  // fixed, or changed by runs
	heir  bool  // changed by runs
	bytes bool  // a byte a value
	home  *home // where another program has left it; else nil
	kept  *pjrt.Buffer
}

// run is a run under way: the buffers of its outputs; nil for those that stay.
type run []*pjrt.Buffer

func (r run) free() error {
	var errs []error
	for _, b := range r {
		if b != nil {
			errs = append(errs, b.Free())
		}
	}
	return errors.Join(errs...)
}

func newProgram(b *Backend, compiled *pjrt.Program, g backend.Graph) *program {
	p := &program{backend: b, compiled: compiled}
	for _, i := range g.Outputs {
		p.homes = append(p.homes, homeOf(g.Nodes[i]))
	}
	at := map[int]*leaf{}
	list := g.Leaves()
	p.leaves = make([]leaf, len(list))
	for i, k := range list {
		n := g.Nodes[k]
		p.leaves[i] = leaf{shape: n.Shape, stays: n.Fixed, bytes: n.Bytes, home: homeOf(n)}
		at[k] = &p.leaves[i]
	}
	for _, s := range g.Successions {
		l := at[s.Leaf]
		l.stays, l.heir = true, true
		p.heirs = append(p.heirs, l)
	}
	return p
}

// Bytes implements backend.Program.
func (p *program) Bytes() int64 {
	if p.backend.platform != platformCPU {
		return 0
	}
	return p.compiled.Bytes()
}

// errLost is of a training's state after a run that failed.
var errLost = errors.New("what the device kept was lost when a run failed")

// Start implements backend.Program.
func (p *program) Start(in [][]float32, fresh bool) (err error) {
	var passing []*pjrt.Buffer // those that nothing needs once the run is begun
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
		if l.stays && l.kept != nil && !fresh {
			args[i] = l.kept
			continue
		}
		if l.heir && !fresh {
			return errors.Join(errLost, up.Wait())
		}
		b, err := l.upload(up, p.backend, in[i])
		if err != nil {
			return p.backend.outOfMemory(errors.Join(err, up.Wait()))
		}
		args[i] = b
		if !l.stays {
			passing = append(passing, b)
			continue
		}
		if l.kept != nil {
			passing = append(passing, l.kept)
		}
		l.kept = b
	}
	results, err := p.compiled.Run(args)
	for _, l := range p.heirs { // the run has taken over their memory
		passing, l.kept = append(passing, l.kept), nil
	}
	if err != nil {
		passing = append(passing, results...)
		return p.backend.outOfMemory(errors.Join(err, up.Wait()))
	}
	first := len(results) - len(p.heirs)
	for i, l := range p.heirs {
		l.kept = results[first+i]
	}
	for i, h := range p.homes {
		if h != nil {
			err = errors.Join(err, h.set(results[i]))
			results[i] = nil
		}
	}
	return p.backend.outOfMemory(p.began(results[:first:first], errors.Join(err, up.Wait())))
}

// began takes in a run for Finish. One that an error ended, that of a copy for example, is none:
// the next one to be finished is that of a later Start.
func (p *program) began(r run, err error) error {
	if err != nil {
		return errors.Join(err, r.free())
	}
	p.running = append(p.running, r)
	return nil
}

// Finish implements backend.Program.
func (p *program) Finish(out [][]float32) error {
	if len(p.running) == 0 {
		return errors.New("no run is under way")
	}
	results := p.running[0]
	p.running = p.running[1:]
	return errors.Join(p.download(out, results), results.free())
}

// Read implements backend.Program.
func (p *program) Read(into [][]float32) error {
	var of []*pjrt.Buffer
	for _, l := range p.heirs {
		if l.kept == nil {
			return errLost
		}
		of = append(of, l.kept)
	}
	return p.download(into, of)
}

// download copies buffers to memory, for which it waits until they are computed.
func (p *program) download(into [][]float32, of []*pjrt.Buffer) (err error) {
	down := p.backend.client.NewTransfer()
	for i, b := range of {
		if b == nil {
			continue
		}
		if err = down.Download(into[i], b); err != nil {
			break
		}
	}
	return p.backend.outOfMemory(errors.Join(err, down.Wait()))
}

// upload begins to copy the leaf's value to the device.
func (l *leaf) upload(up *pjrt.Transfer, b *Backend, value []float32) (*pjrt.Buffer, error) {
	if !l.bytes {
		return up.Upload(b.client, b.devices[0], value, l.shape)
	}
	n := kernel.Elements(l.shape)
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
	for _, r := range p.running {
		errs = append(errs, r.free())
	}
	p.running = nil
	return errors.Join(errs...)
}

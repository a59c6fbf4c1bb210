package device

import (
	"errors"

	"acol/internal/kernel/backend"
	"acol/internal/pjrt"
)

// program is a graph on one device, or on several, each of which computes a replica of it.
type program struct {
	backend  *Backend
	compiled *pjrt.Program // the backend's, which may serve several programs
	leaves   []leaf
	heirs    []*leaf  // those that a run changes; the outputs of their successions come last
	outputs  []output // those before them
	running  []run    // under way, oldest first
}

// leaf is an input of a program.
type leaf struct {
	array
	stays bool  // fixed, or changed by runs
	heir  bool  // changed by runs
	home  *home // where another program has left it; else nil
	kept  parts
}

// output is a value that a program computes.
type output struct {
	array
	home *home // where it stays; nil where it is copied out
}

// run is a run under way: the buffers of its outputs; nil for those that stay.
type run []parts

func (r run) free() error {
	var errs []error
	for _, p := range r {
		errs = append(errs, p.free())
	}
	return errors.Join(errs...)
}

func newProgram(b *Backend, compiled *pjrt.Program, g backend.Graph) (*program, error) {
	p := &program{backend: b, compiled: compiled}
	for _, i := range g.Outputs {
		h, err := homeOf(g, i)
		if err != nil {
			return nil, err
		}
		p.outputs = append(p.outputs, output{array: arrayOf(g, i), home: h})
	}
	at := map[int]*leaf{}
	list := g.Leaves()
	p.leaves = make([]leaf, len(list))
	for i, k := range list {
		h, err := homeOf(g, k)
		if err != nil {
			return nil, err
		}
		p.leaves[i] = leaf{array: arrayOf(g, k), stays: g.Nodes[k].Fixed, home: h}
		at[k] = &p.leaves[i]
	}
	for _, s := range g.Successions {
		l := at[s.Leaf]
		l.stays, l.heir = true, true
		p.heirs = append(p.heirs, l)
	}
	return p, nil
}

// Bytes implements backend.Program.
func (p *program) Bytes() int64 {
	if p.backend.platform != platformCPU {
		return 0
	}
	return p.compiled.Bytes() * int64(p.compiled.Replicas)
}

// errLost is of a training's state after a run that failed.
var errLost = errors.New("what the device kept was lost when a run failed")

// Start implements backend.Program.
func (p *program) Start(in [][]float32, fresh bool) (err error) {
	var passing run // what nothing needs once the run is begun
	defer func() { err = errors.Join(err, passing.free()) }()
	up := p.backend.client.NewTransfer()
	args := make([][]*pjrt.Buffer, p.compiled.Replicas) // of each replica
	for i := range p.leaves {
		l := &p.leaves[i]
		var value parts
		switch {
		case l.home != nil:
			if value = l.home.buffers; value == nil {
				return errors.Join(errEmptyHome, up.Wait())
			}
		case l.stays && l.kept != nil && !fresh:
			value = l.kept
		case l.heir && !fresh:
			return errors.Join(errLost, up.Wait())
		default:
			value, err = l.upload(up, p.backend, in[i])
			if err != nil {
				passing = append(passing, value)
				return p.backend.outOfMemory(errors.Join(err, up.Wait()))
			}
			if l.stays {
				passing, l.kept = append(passing, l.kept), value
			} else {
				passing = append(passing, value)
			}
		}
		for r, b := range value {
			args[r] = append(args[r], b)
		}
	}
	results, err := p.run(args)
	for _, l := range p.heirs { // the run has taken over their memory
		passing, l.kept = append(passing, l.kept), nil
	}
	if err != nil {
		return p.backend.outOfMemory(errors.Join(err, up.Wait()))
	}
	for i, l := range p.heirs {
		l.kept = results[len(p.outputs)+i]
	}
	results = results[:len(p.outputs):len(p.outputs)]
	for i, o := range p.outputs {
		if o.home != nil {
			err = errors.Join(err, o.home.set(results[i]))
			results[i] = nil
		}
	}
	return p.backend.outOfMemory(p.began(results, errors.Join(err, up.Wait())))
}

// run begins a run on the arguments of each replica, and gives its outputs.
func (p *program) run(args [][]*pjrt.Buffer) (run, error) {
	results, err := p.compiled.Run(args)
	if err != nil {
		return nil, err
	}
	values := make(run, len(results[0]))
	for _, list := range results { // of a replica
		for i, b := range list {
			values[i] = append(values[i], b)
		}
	}
	return values, nil
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
	down := p.backend.client.NewTransfer()
	var err error
	for i, o := range p.outputs {
		if o.home == nil && err == nil {
			err = o.download(down, out[i], results[i])
		}
	}
	return errors.Join(p.backend.outOfMemory(errors.Join(err, down.Wait())), results.free())
}

// Read implements backend.Program.
func (p *program) Read(into [][]float32) error {
	for _, l := range p.heirs {
		if l.kept == nil {
			return errLost
		}
	}
	down := p.backend.client.NewTransfer()
	var err error
	for i, l := range p.heirs {
		if err == nil {
			err = l.download(down, into[i], l.kept)
		}
	}
	return p.backend.outOfMemory(errors.Join(err, down.Wait()))
}

// Close implements backend.Program. What was compiled stays for other programs of the same text.
func (p *program) Close() error {
	delete(p.backend.open, p)
	var errs []error
	for i := range p.leaves {
		l := &p.leaves[i]
		errs = append(errs, l.kept.free())
		l.kept = nil
	}
	for _, o := range p.outputs {
		if o.home != nil {
			errs = append(errs, o.home.set(nil))
		}
	}
	for _, r := range p.running {
		errs = append(errs, r.free())
	}
	p.running = nil
	return errors.Join(errs...)
}

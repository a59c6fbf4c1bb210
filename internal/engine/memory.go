package engine

import "acol/internal/kernel/backend"

// valueBytes is the size of a float32.
const valueBytes = 4

// Admit makes Compile ask f before it takes the memory of a plan. f gets the number of bytes: the
// arena, what the setup computes for the runs, and the most that the setup
// takes besides. An error of f ends the compilation and is returned. With nil nobody is asked.
func (e *Engine) Admit(f func(bytes int64) error) {
	e.turn.Lock()
	defer e.turn.Unlock()
	e.admit = f
}

// admitted asks whether a plan may take its memory, with an arena of n values.
func (e *Engine) admitted(p *planner, n int) error {
	if e.admit == nil {
		return nil
	}
	kept, passing := p.setupSize(e.backend)
	return e.admit(valueBytes * (int64(n) + kept + passing))
}

// setupSize is the number of values that the setup keeps for the runs, and the most that one of its
// instructions takes besides.
func (p *planner) setupSize(b backend.Backend) (kept, passing int64) {
	used := map[*value]bool{}
	for _, it := range p.instrs {
		for _, v := range it.in {
			used[v] = true
		}
	}
	for _, it := range p.setup {
		n, besides := int64(b.Size(it.out.shape, it.out.layout)), int64(it.routine.Scratch)
		if used[it.out] || it.out.keep {
			kept += n
		} else {
			besides += n
		}
		passing = max(passing, besides)
	}
	return kept, passing
}

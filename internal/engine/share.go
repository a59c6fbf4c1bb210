package engine

import (
	"fmt"
	"slices"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// Devices is how many devices the engine computes on, and so the most that a Plan may have.
func (e *Engine) Devices() int {
	if b, ok := e.backend.(backend.GraphBackend); ok {
		return b.Replicas()
	}
	return 1
}

// share marks the units of a plan for several devices of which each device has another value, and
// proves that others have the same on all. It is called on the engine's thread.
func (e *Engine) share(p Plan, list []*unit) error {
	if p.Devices <= 1 {
		return nil
	}
	if n := e.Devices(); p.Devices > n {
		return fmt.Errorf("planning for %d devices: there are %d", p.Devices, n)
	}
	varies := make(map[*unit]bool, len(list))
	for _, u := range list { // operands come first
		split := slices.Contains(p.Split, u.node)
		if h := e.settled[u.node]; h != nil && h.parts > 1 {
			if split = true; h.parts != p.Devices {
				return fmt.Errorf("planning for %d devices: %v is handed over by %d",
					p.Devices, u.node, h.parts)
			}
		}
		if u.spec == nil {
			varies[u] = split
		} else if j, ok := u.spec.(kernel.Joint); !ok || !j.Same() {
			varies[u] = slices.ContainsFunc(u.in, func(x *unit) bool { return varies[x] })
		}
		u.split = split && (u.spec == nil || u.wanted && !u.inner)
		if u.wanted && !u.inner && varies[u] != u.split {
			return fmt.Errorf("planning for %d devices: output %v varies: %v, but split: %v",
				p.Devices, u.node, varies[u], u.split)
		}
	}
	for _, u := range list {
		if u.heir != nil && (varies[u] || varies[u.heir]) {
			return fmt.Errorf("planning for %d devices: %v becomes %v, which differs between them",
				p.Devices, u.node, u.heir.node)
		}
	}
	return nil
}

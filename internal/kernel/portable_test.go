package kernel

import (
	"fmt"
	"testing"
)

// everyPortable calls f with a backend for each instruction set of this machine, on one
// and on several threads.
func everyPortable(t *testing.T, f func(t *testing.T, p *Portable)) {
	for _, is := range isas() {
		for _, threads := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s-%d", is.name, threads), func(t *testing.T) {
				p := newPortable(threads, is)
				defer p.Close()
				f(t, p)
			})
		}
	}
}

func TestPortableConforms(t *testing.T) {
	everyPortable(t, func(t *testing.T, p *Portable) { conformance(t, p) })
}

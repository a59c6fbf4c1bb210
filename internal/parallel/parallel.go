// Package parallel shares out independent work.
package parallel

import (
	"sync"
	"sync/atomic"
)

// Each calls f once for every i from 0 to n-1, on at most workers goroutines, and waits for all of
// them. The order of the calls is not defined. A caller that wants the first error by index keeps
// one error for each.
func Each(workers, n int, f func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(workers, n) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	all.Wait()
}

// Package parallel shares out independent work.
package parallel

import (
	"sync"
	"sync/atomic"
)

// Each calls f for 0 to n-1 on up to so many goroutines and waits for them. Who needs
// an error of the least index keeps one for each.
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

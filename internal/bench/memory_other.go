//go:build !linux

package bench

// PeakMemory is 0, because it is known on Linux alone.
func PeakMemory() int64 { return 0 }

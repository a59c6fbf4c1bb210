//go:build !linux

package bench

// PeakMemory is 0: this system does not say.
func PeakMemory() int64 { return 0 }

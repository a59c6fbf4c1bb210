//go:build !linux

package engine

// largePages is for Linux alone.
func largePages([]float32) {}

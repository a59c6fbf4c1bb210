//go:build !amd64 || purego

package portable

// isas lists what this machine can run, best first.
func isas() []*isa { return []*isa{goISA} }

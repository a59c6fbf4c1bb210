//go:build !amd64 || purego

package kernel

func directLoopsOf(*isa) directLoops { return goDirect }

//go:build !amd64 || purego

package portable

func directLoopsOf(*isa) directLoops { return goDirect }

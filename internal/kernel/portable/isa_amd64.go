//go:build amd64 && !purego

package portable

import "golang.org/x/sys/cpu"

//go:generate go run tiles_gen.go

var avx512ISA = &isa{
	name: "avx512", vec: avx2Vectors,
	rows: 14, wide: 32, narrow: 16, wides: avx512Wide, narrows: avx512Narrow,
}

var avx2ISA = &isa{
	name: "avx2", vec: avx2Vectors,
	rows: 6, wide: 16, narrow: 8, wides: avx2Wide, narrows: avx2Narrow,
}

// isas lists what this machine can run, best first.
func isas() []*isa {
	var list []*isa
	avx2 := cpu.X86.HasAVX2 && cpu.X86.HasFMA
	if avx2 && cpu.X86.HasAVX512F {
		list = append(list, avx512ISA)
	}
	if avx2 {
		list = append(list, avx2ISA)
	}
	return append(list, goISA)
}

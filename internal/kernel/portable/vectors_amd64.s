//go:build amd64 && !purego

#include "textflag.h"

// Loops of vectors.go in AVX2 and FMA; the slices' lengths are multiples of 8.

// func reluAVX2(y, x []float32)
TEXT ·reluAVX2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	VXORPS Y0, Y0, Y0
	XORQ AX, AX
	JMP  test
loop:
	VMAXPS (SI)(AX*4), Y0, Y1 // the second operand, x, when that is NaN
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ $8, AX
test:
	CMPQ AX, CX
	JLT  loop
	VZEROUPPER
	RET

// func reluBackAVX2(dx, y, dy []float32)
TEXT ·reluBackAVX2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ y_base+24(FP), SI
	MOVQ y_len+32(FP), CX
	MOVQ dy_base+48(FP), DX
	VXORPS Y0, Y0, Y0
	XORQ AX, AX
	JMP  test
loop:
	VCMPPS $1, (SI)(AX*4), Y0, Y1 // 0 < y, false for NaN
	VANDPS (DX)(AX*4), Y1, Y1
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ $8, AX
test:
	CMPQ AX, CX
	JLT  loop
	VZEROUPPER
	RET

// func addAVX2(z, x, y []float32)
TEXT ·addAVX2(SB), NOSPLIT, $0-72
	MOVQ z_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MOVQ y_base+48(FP), DX
	XORQ AX, AX
	JMP  test
loop:
	VMOVUPS (SI)(AX*4), Y1
	VADDPS (DX)(AX*4), Y1, Y1
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ $8, AX
test:
	CMPQ AX, CX
	JLT  loop
	VZEROUPPER
	RET

// In the loops over windows R10 walks the rows, R11 the pixels, R12 and R13
// count them.

// func maxWindowAVX2(y, x []float32, kh, kw, step, line int)
TEXT ·maxWindowAVX2(SB), NOSPLIT, $0-80
	MOVQ y_base+0(FP), DI
	MOVQ y_len+8(FP), CX
	MOVQ x_base+24(FP), SI
	MOVQ step+64(FP), R8
	MOVQ line+72(FP), R9
	SHLQ $2, R8
	SHLQ $2, R9
	XORQ AX, AX
	JMP  test
channels:
	LEAQ (SI)(AX*4), R10
	VMOVUPS (R10), Y0
	MOVQ kh+48(FP), R12
row:
	MOVQ R10, R11
	MOVQ kw+56(FP), R13
pixel:
	VMOVUPS (R11), Y1
	VMAXPS Y1, Y0, Y2     // x when either is NaN
	VCMPPS $3, Y0, Y0, Y3 // the maximum is NaN
	VBLENDVPS Y3, Y0, Y2, Y0
	ADDQ R8, R11
	DECQ R13
	JNZ  pixel
	ADDQ R9, R10
	DECQ R12
	JNZ  row
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ $8, AX
test:
	CMPQ AX, CX
	JLT  channels
	VZEROUPPER
	RET

// func maxWindowBackAVX2(dx, x, dy []float32, kh, kw, step, line, r0, r1 int)
TEXT ·maxWindowBackAVX2(SB), NOSPLIT, $0-120
	MOVQ dx_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ dy_base+48(FP), DX
	MOVQ dy_len+56(FP), CX
	MOVQ step+88(FP), R8
	MOVQ line+96(FP), R9
	SHLQ $2, R8
	SHLQ $2, R9
	VPCMPEQD Y7, Y7, Y7 // -1, what an index counts by
	XORQ AX, AX
	JMP  test
channels:
	LEAQ (SI)(AX*4), R10
	VMOVUPS (R10), Y0     // the maximum
	VPXOR Y4, Y4, Y4      // its index
	VPXOR Y5, Y5, Y5      // the index of x
	MOVQ kh+72(FP), R12
row:
	MOVQ R10, R11
	MOVQ kw+80(FP), R13
pixel:
	VMOVUPS (R11), Y1
	VCMPPS $1, Y1, Y0, Y2 // the maximum < x
	VCMPPS $3, Y1, Y1, Y3 // x is NaN
	VORPS Y2, Y3, Y2
	VBLENDVPS Y2, Y1, Y0, Y0
	VBLENDVPS Y2, Y5, Y4, Y4
	VPSUBD Y7, Y5, Y5
	ADDQ R8, R11
	DECQ R13
	JNZ  pixel
	ADDQ R9, R10
	DECQ R12
	JNZ  row

	// Rows of dx from r0: the index begins at r0*kw.
	VMOVUPS (DX)(AX*4), Y1
	MOVQ r0+104(FP), BX
	MOVQ r1+112(FP), R12
	SUBQ BX, R12
	JLE  next
	MOVQ BX, R10
	IMULQ kw+80(FP), BX
	VMOVD BX, X5
	VPBROADCASTD X5, Y5
	IMULQ R9, R10
	ADDQ DI, R10
	LEAQ (R10)(AX*4), R10
addRow:
	MOVQ R10, R11
	MOVQ kw+80(FP), R13
addPixel:
	VPCMPEQD Y4, Y5, Y2
	VANDPS Y1, Y2, Y2
	VADDPS (R11), Y2, Y2
	VMOVUPS Y2, (R11)
	VPSUBD Y7, Y5, Y5
	ADDQ R8, R11
	DECQ R13
	JNZ  addPixel
	ADDQ R9, R10
	DECQ R12
	JNZ  addRow
next:
	ADDQ $8, AX
test:
	CMPQ AX, CX
	JLT  channels
	VZEROUPPER
	RET

// func copyRowsAVX2(dst []float32, ldDst int, src []float32, ldSrc, n, rows int)
// n is at least 8; the last vector of a row may overlap the one before.
TEXT ·copyRowsAVX2(SB), NOSPLIT, $0-80
	MOVQ dst_base+0(FP), DI
	MOVQ ldDst+24(FP), DX
	MOVQ src_base+32(FP), SI
	MOVQ ldSrc+56(FP), CX
	MOVQ n+64(FP), BX
	MOVQ rows+72(FP), R8
	SHLQ $2, DX
	SHLQ $2, CX
	SUBQ $8, BX
	JMP  test
row:
	XORQ AX, AX
	CMPQ BX, $24
	JLT  rest
three:
	VMOVUPS (SI)(AX*4), Y0
	VMOVUPS 32(SI)(AX*4), Y1
	VMOVUPS 64(SI)(AX*4), Y2
	VMOVUPS Y0, (DI)(AX*4)
	VMOVUPS Y1, 32(DI)(AX*4)
	VMOVUPS Y2, 64(DI)(AX*4)
	ADDQ $24, AX
	LEAQ 24(AX), R9
	CMPQ R9, BX
	JLE  three
	JMP  rest
one:
	VMOVUPS (SI)(AX*4), Y0
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ $8, AX
rest:
	CMPQ AX, BX
	JLT  one
	VMOVUPS (SI)(BX*4), Y0
	VMOVUPS Y0, (DI)(BX*4)
	ADDQ CX, SI
	ADDQ DX, DI
	DECQ R8
test:
	TESTQ R8, R8
	JGT  row
	VZEROUPPER
	RET

// func transpose8AVX2(dst []float32, ldDst int, src []float32, ldSrc int)
TEXT ·transpose8AVX2(SB), NOSPLIT, $0-64
	MOVQ dst_base+0(FP), DI
	MOVQ ldDst+24(FP), DX
	MOVQ src_base+32(FP), SI
	MOVQ ldSrc+56(FP), CX
	SHLQ $2, DX
	SHLQ $2, CX
	LEAQ (CX)(CX*2), R8
	LEAQ (SI)(CX*4), R9
	// Rows i and i+4 side by side in one register, by halves.
	VMOVUPS (SI), X0
	VMOVUPS (SI)(CX*1), X1
	VMOVUPS (SI)(CX*2), X2
	VMOVUPS (SI)(R8*1), X3
	VINSERTF128 $1, (R9), Y0, Y0
	VINSERTF128 $1, (R9)(CX*1), Y1, Y1
	VINSERTF128 $1, (R9)(CX*2), Y2, Y2
	VINSERTF128 $1, (R9)(R8*1), Y3, Y3
	VMOVUPS 16(SI), X4
	VMOVUPS 16(SI)(CX*1), X5
	VMOVUPS 16(SI)(CX*2), X6
	VMOVUPS 16(SI)(R8*1), X7
	VINSERTF128 $1, 16(R9), Y4, Y4
	VINSERTF128 $1, 16(R9)(CX*1), Y5, Y5
	VINSERTF128 $1, 16(R9)(CX*2), Y6, Y6
	VINSERTF128 $1, 16(R9)(R8*1), Y7, Y7
	// Each half is a 4x4 block to transpose.
	VUNPCKLPS Y1, Y0, Y8
	VUNPCKHPS Y1, Y0, Y9
	VUNPCKLPS Y3, Y2, Y10
	VUNPCKHPS Y3, Y2, Y11
	VUNPCKLPD Y10, Y8, Y0
	VUNPCKHPD Y10, Y8, Y1
	VUNPCKLPD Y11, Y9, Y2
	VUNPCKHPD Y11, Y9, Y3
	VUNPCKLPS Y5, Y4, Y8
	VUNPCKHPS Y5, Y4, Y9
	VUNPCKLPS Y7, Y6, Y10
	VUNPCKHPS Y7, Y6, Y11
	VUNPCKLPD Y10, Y8, Y4
	VUNPCKHPD Y10, Y8, Y5
	VUNPCKLPD Y11, Y9, Y6
	VUNPCKHPD Y11, Y9, Y7
	LEAQ (DX)(DX*2), R8
	LEAQ (DI)(DX*4), R9
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, (DI)(DX*1)
	VMOVUPS Y2, (DI)(DX*2)
	VMOVUPS Y3, (DI)(R8*1)
	VMOVUPS Y4, (R9)
	VMOVUPS Y5, (R9)(DX*1)
	VMOVUPS Y6, (R9)(DX*2)
	VMOVUPS Y7, (R9)(R8*1)
	VZEROUPPER
	RET

//go:build amd64 && !purego

#include "textflag.h"

// Loops over rows of channels of vectors.go in AVX2 and FMA; the number of channels is a multiple
// of 8.

// func affineAVX2(y, x, mean, scale, shift []float32)
TEXT ·affineAVX2(SB), NOSPLIT, $0-120
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MOVQ mean_base+48(FP), R8
	MOVQ mean_len+56(FP), DX
	MOVQ scale_base+72(FP), R9
	MOVQ shift_base+96(FP), R10
	JMP  test
row:
	XORQ AX, AX
loop:
	VMOVUPS (SI)(AX*4), Y1
	VSUBPS (R8)(AX*4), Y1, Y1
	VMOVUPS (R10)(AX*4), Y2
	VFMADD231PS (R9)(AX*4), Y1, Y2
	VMOVUPS Y2, (DI)(AX*4)
	ADDQ $8, AX
	CMPQ AX, DX
	JLT  loop
	LEAQ (SI)(DX*4), SI
	LEAQ (DI)(DX*4), DI
	SUBQ DX, CX
test:
	CMPQ CX, DX
	JGE  row
	VZEROUPPER
	RET

// func blendAVX2(dx, dy, x, mean, kdy, kx, shift []float32)
TEXT ·blendAVX2(SB), NOSPLIT, $0-168
	MOVQ dx_base+0(FP), DI
	MOVQ dy_base+24(FP), BX
	MOVQ x_base+48(FP), SI
	MOVQ x_len+56(FP), CX
	MOVQ mean_base+72(FP), R8
	MOVQ mean_len+80(FP), DX
	MOVQ kdy_base+96(FP), R9
	MOVQ kx_base+120(FP), R10
	MOVQ shift_base+144(FP), R11
	JMP  test
row:
	XORQ AX, AX
loop:
	VMOVUPS (SI)(AX*4), Y1
	VSUBPS (R8)(AX*4), Y1, Y1
	VMOVUPS (R11)(AX*4), Y2
	VFMADD231PS (R10)(AX*4), Y1, Y2
	VMOVUPS (BX)(AX*4), Y3
	VFMADD231PS (R9)(AX*4), Y3, Y2
	VMOVUPS Y2, (DI)(AX*4)
	ADDQ $8, AX
	CMPQ AX, DX
	JLT  loop
	LEAQ (SI)(DX*4), SI
	LEAQ (BX)(DX*4), BX
	LEAQ (DI)(DX*4), DI
	SUBQ DX, CX
test:
	CMPQ CX, DX
	JGE  row
	VZEROUPPER
	RET

// func scaleAVX2(y, x, scale []float32)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-72
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MOVQ scale_base+48(FP), R9
	MOVQ scale_len+56(FP), DX
	JMP  test
row:
	XORQ AX, AX
loop:
	VMOVUPS (SI)(AX*4), Y1
	VMULPS (R9)(AX*4), Y1, Y1
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ $8, AX
	CMPQ AX, DX
	JLT  loop
	LEAQ (SI)(DX*4), SI
	LEAQ (DI)(DX*4), DI
	SUBQ DX, CX
test:
	CMPQ CX, DX
	JGE  row
	VZEROUPPER
	RET

// Sums over rows go down eight channels at a time; BX walks the rows.

// func sumAVX2(acc, x []float32)
TEXT ·sumAVX2(SB), NOSPLIT, $0-48
	MOVQ acc_base+0(FP), DI
	MOVQ acc_len+8(FP), DX
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	XORQ AX, AX
channels:
	VXORPS Y0, Y0, Y0
	LEAQ (SI)(AX*4), BX
	MOVQ CX, R8
	JMP  test
loop:
	VADDPS (BX), Y0, Y0
	LEAQ (BX)(DX*4), BX
	SUBQ DX, R8
test:
	CMPQ R8, DX
	JGE  loop
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ $8, AX
	CMPQ AX, DX
	JLT  channels
	VZEROUPPER
	RET

// func sqdevAVX2(acc, x, mean []float32)
TEXT ·sqdevAVX2(SB), NOSPLIT, $0-72
	MOVQ acc_base+0(FP), DI
	MOVQ acc_len+8(FP), DX
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MOVQ mean_base+48(FP), R9
	XORQ AX, AX
channels:
	VXORPS Y0, Y0, Y0
	VMOVUPS (R9)(AX*4), Y2
	LEAQ (SI)(AX*4), BX
	MOVQ CX, R8
	JMP  test
loop:
	VMOVUPS (BX), Y1
	VSUBPS Y2, Y1, Y1
	VFMADD231PS Y1, Y1, Y0
	LEAQ (BX)(DX*4), BX
	SUBQ DX, R8
test:
	CMPQ R8, DX
	JGE  loop
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ $8, AX
	CMPQ AX, DX
	JLT  channels
	VZEROUPPER
	RET

// func dotAVX2(acc, accDy, dy, x, mean []float32)
TEXT ·dotAVX2(SB), NOSPLIT, $0-120
	MOVQ acc_base+0(FP), DI
	MOVQ acc_len+8(FP), DX
	MOVQ accDy_base+24(FP), R10
	MOVQ dy_base+48(FP), R11
	MOVQ x_base+72(FP), SI
	MOVQ x_len+80(FP), CX
	MOVQ mean_base+96(FP), R9
	XORQ AX, AX
channels:
	VXORPS Y0, Y0, Y0
	VXORPS Y3, Y3, Y3
	VMOVUPS (R9)(AX*4), Y2
	LEAQ (SI)(AX*4), BX
	LEAQ (R11)(AX*4), R12
	MOVQ CX, R8
	JMP  test
loop:
	VMOVUPS (BX), Y1
	VSUBPS Y2, Y1, Y1
	VMOVUPS (R12), Y4
	VFMADD231PS Y1, Y4, Y0
	VADDPS Y4, Y3, Y3
	LEAQ (BX)(DX*4), BX
	LEAQ (R12)(DX*4), R12
	SUBQ DX, R8
test:
	CMPQ R8, DX
	JGE  loop
	VMOVUPS Y0, (DI)(AX*4)
	VMOVUPS Y3, (R10)(AX*4)
	ADDQ $8, AX
	CMPQ AX, DX
	JLT  channels
	VZEROUPPER
	RET

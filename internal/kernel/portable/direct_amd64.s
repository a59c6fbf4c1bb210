//go:build amd64 && !purego

#include "textflag.h"

// Loops of direct.go in AVX2 and FMA; numbers of channels and lengths are multiples of 8.

// func tapsAVX2(y, x, w, bias *float32, offsets *int, n, c int)
TEXT ·tapsAVX2(SB), NOSPLIT, $0-56
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ w+16(FP), BX
	MOVQ bias+24(FP), R8
	MOVQ offsets+32(FP), R9
	MOVQ n+40(FP), R10
	MOVQ c+48(FP), CX
wide:
	CMPQ CX, $32
	JLT  narrow
	VMOVUPS (R8), Y0
	VMOVUPS 32(R8), Y1
	VMOVUPS 64(R8), Y2
	VMOVUPS 96(R8), Y3
	MOVQ R9, R11
	MOVQ R10, R12
wideTap:
	MOVQ (R11), AX
	MOVQ 8(R11), DX
	ADDQ SI, AX
	ADDQ BX, DX
	VMOVUPS (AX), Y4
	VMOVUPS 32(AX), Y5
	VMOVUPS 64(AX), Y6
	VMOVUPS 96(AX), Y7
	VFMADD231PS (DX), Y4, Y0
	VFMADD231PS 32(DX), Y5, Y1
	VFMADD231PS 64(DX), Y6, Y2
	VFMADD231PS 96(DX), Y7, Y3
	ADDQ $16, R11
	DECQ R12
	JNZ  wideTap
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	ADDQ $128, DI
	ADDQ $128, SI
	ADDQ $128, BX
	ADDQ $128, R8
	SUBQ $32, CX
	JMP  wide
narrow:
	TESTQ CX, CX
	JLE  done
	VMOVUPS (R8), Y0
	MOVQ R9, R11
	MOVQ R10, R12
narrowTap:
	MOVQ (R11), AX
	MOVQ 8(R11), DX
	VMOVUPS (SI)(AX*1), Y4
	VFMADD231PS (BX)(DX*1), Y4, Y0
	ADDQ $16, R11
	DECQ R12
	JNZ  narrowTap
	VMOVUPS Y0, (DI)
	ADDQ $32, DI
	ADDQ $32, SI
	ADDQ $32, BX
	ADDQ $32, R8
	SUBQ $8, CX
	JMP  narrow
done:
	VZEROUPPER
	RET

// func rowsAVX2(acc, x, dy *float32, ldX, ldY, n, c int)
TEXT ·rowsAVX2(SB), NOSPLIT, $0-56
	MOVQ acc+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ dy+16(FP), BX
	MOVQ ldX+24(FP), R8
	MOVQ ldY+32(FP), R9
	MOVQ n+40(FP), R10
	MOVQ c+48(FP), CX
wide:
	CMPQ CX, $32
	JLT  narrow
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	MOVQ SI, AX
	MOVQ BX, DX
	MOVQ R10, R12
wideRow:
	VMOVUPS (AX), Y4
	VMOVUPS 32(AX), Y5
	VMOVUPS 64(AX), Y6
	VMOVUPS 96(AX), Y7
	VFMADD231PS (DX), Y4, Y0
	VFMADD231PS 32(DX), Y5, Y1
	VFMADD231PS 64(DX), Y6, Y2
	VFMADD231PS 96(DX), Y7, Y3
	ADDQ R8, AX
	ADDQ R9, DX
	DECQ R12
	JNZ  wideRow
	VADDPS (DI), Y0, Y0
	VADDPS 32(DI), Y1, Y1
	VADDPS 64(DI), Y2, Y2
	VADDPS 96(DI), Y3, Y3
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	ADDQ $128, DI
	ADDQ $128, SI
	ADDQ $128, BX
	SUBQ $32, CX
	JMP  wide
narrow:
	TESTQ CX, CX
	JLE  done
	VXORPS Y0, Y0, Y0
	MOVQ SI, AX
	MOVQ BX, DX
	MOVQ R10, R12
narrowRow:
	VMOVUPS (AX), Y4
	VFMADD231PS (DX), Y4, Y0
	ADDQ R8, AX
	ADDQ R9, DX
	DECQ R12
	JNZ  narrowRow
	VADDPS (DI), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ $32, DI
	ADDQ $32, SI
	ADDQ $32, BX
	SUBQ $8, CX
	JMP  narrow
done:
	VZEROUPPER
	RET

DATA six<>+0(SB)/4, $6.0
GLOBL six<>(SB), RODATA, $4

// func relu6AVX2(y, x []float32)
TEXT ·relu6AVX2(SB), NOSPLIT, $0-48
	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	VXORPS Y0, Y0, Y0
	VBROADCASTSS six<>(SB), Y6
	XORQ AX, AX
	JMP  test
loop:
	VMAXPS (SI)(AX*4), Y0, Y1 // the second operand, x, when that is NaN
	VMINPS Y1, Y6, Y1         // likewise
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ $8, AX
test:
	CMPQ AX, CX
	JLT  loop
	VZEROUPPER
	RET

// func relu6BackAVX2(dx, y, dy []float32)
TEXT ·relu6BackAVX2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ y_base+24(FP), SI
	MOVQ y_len+32(FP), CX
	MOVQ dy_base+48(FP), DX
	VXORPS Y0, Y0, Y0
	VBROADCASTSS six<>(SB), Y6
	XORQ AX, AX
	JMP  test
loop:
	VMOVUPS (SI)(AX*4), Y1
	VCMPPS $1, Y1, Y0, Y2 // 0 < y, false for NaN
	VCMPPS $1, Y6, Y1, Y3 // y < 6
	VANDPS Y2, Y3, Y3
	VANDPS (DX)(AX*4), Y3, Y3
	VMOVUPS Y3, (DI)(AX*4)
	ADDQ $8, AX
test:
	CMPQ AX, CX
	JLT  loop
	VZEROUPPER
	RET

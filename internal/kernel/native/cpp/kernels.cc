//go:build onednn && amd64 && cgo

// Each vector kernel, in the instruction set that oneDNN uses on this processor.
// ONEDNN_MAX_CPU_ISA limits both.
#include "kernels.h"

static bool use_avx512() {
	static const bool use = acol_block() == 16 && __builtin_cpu_supports("avx512bw") &&
			__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
	return use;
}

extern "C" {

int acol_padded(const acol_shape *s) { return s->blocks * s->lanes; }
size_t acol_partial_floats(const acol_shape *s) {
	return size_t(chunks(*s).count()) * 2 * s->lanes;
}

#define ACOL_DISPATCH(name, parameters, arguments) \
	void acol_##name parameters {                                            \
		return use_avx512() ? avx512::name arguments : avx2::name arguments; \
	}
ACOL_KERNELS(ACOL_DISPATCH)

} // extern "C"

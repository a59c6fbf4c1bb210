//go:build onednn && amd64 && cgo

// Each vector kernel, from the best instruction set of this processor.
#include "kernels.h"

namespace {

enum level { plain, with_avx2, with_avx512 };

level best() {
	static const level l = [] {
		if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) return with_avx512;
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? with_avx2 : plain;
	}();
	return l;
}

} // namespace

extern "C" {

int acol_padded(const acol_shape *s) { return s->blocks * s->lanes; }
size_t acol_partial_floats(const acol_shape *s) { return size_t(chunks(*s).count()) * 2 * s->lanes; }

#define ACOL_DISPATCH(name, parameters, arguments)              \
	void acol_##name parameters {                               \
		switch (best()) {                                       \
		case with_avx512: return avx512::name arguments;        \
		case with_avx2: return avx2::name arguments;            \
		default: return generic::name arguments;                \
		}                                                       \
	}
ACOL_KERNELS(ACOL_DISPATCH)

} // extern "C"

// The vector kernels by instruction set.
#ifndef ACOL_KERNELS_H
#define ACOL_KERNELS_H
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <immintrin.h>
#include <type_traits>

#include "native.h"
#include "team.hh"

// chunks cut the rows of a shape's slabs into pieces that are shared out to the threads. They
// depend on the shape alone, and so no sum depends on the threads.
struct chunks {
	long slabs, each, rows;
	// Inlined, since instruction sets must not share code.
	__attribute__((always_inline)) explicit chunks(const acol_shape &s) {
		slabs = long(s.images) * s.blocks;
		long size = slabs * s.rows * s.lanes / 32;
		size = size < 16384 ? 16384 : size > 262144 ? 262144 : size;
		rows = size / s.lanes > 0 ? size / s.lanes : 1;
		each = (s.rows + rows - 1) / rows;
	}
	__attribute__((always_inline)) long count() const { return slabs * each; }
};

#define ACOL_IN_NAMESPACE(name, parameters, arguments) void name parameters;
namespace avx2 {
ACOL_KERNELS(ACOL_IN_NAMESPACE)
}
namespace avx512 {
ACOL_KERNELS(ACOL_IN_NAMESPACE)
}
#endif

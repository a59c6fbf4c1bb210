// The vector kernels by instruction set.
#ifndef ACOL_KERNELS_H
#define ACOL_KERNELS_H
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "native.h"

#define ACOL_IN_NAMESPACE(name, parameters, arguments) void name parameters;
namespace generic {
ACOL_KERNELS(ACOL_IN_NAMESPACE)
}
namespace avx2 {
ACOL_KERNELS(ACOL_IN_NAMESPACE)
}
namespace avx512 {
ACOL_KERNELS(ACOL_IN_NAMESPACE)
}
#endif

// The vector kernels, included once for each instruction set: ACOL_NAMESPACE names it. Every kernel
// walks slabs of rows of lanes (acol_shape), or flat memory. Each file ends with those kernels of
// ACOL_KERNELS that its templates serve.

namespace ACOL_NAMESPACE {
#include "lanes.hh"
#include "sums.hh"

#include "curves.hh"
#include "layernorms.hh"
#include "maps.hh"
#include "norms.hh"
#include "pools.hh"
#include "updates.hh"
} // namespace ACOL_NAMESPACE

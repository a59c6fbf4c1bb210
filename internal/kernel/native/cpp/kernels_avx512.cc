//go:build onednn && amd64 && cgo

#include "kernels.h" // before the pragma: the standard library must run on any processor

#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prefer-vector-width=512")
#define ACOL_NAMESPACE avx512
#include "vectors.hh"

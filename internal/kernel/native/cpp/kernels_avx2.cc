//go:build onednn && amd64 && cgo

#include "kernels.h" // before the pragma: the standard library must run on any processor

#pragma GCC target("avx2,fma")
#define ACOL_NAMESPACE avx2
#include "vectors.hh"

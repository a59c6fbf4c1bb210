//go:build onednn && amd64 && cgo

#include "kernels.h"

#define ACOL_NAMESPACE generic
#include "kernels.inc"

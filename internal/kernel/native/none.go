//go:build !(onednn && amd64 && cgo)

package native

// Built tells that the native kernels are in this program.
const Built = false

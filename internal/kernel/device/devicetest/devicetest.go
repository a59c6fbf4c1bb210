// Package devicetest finds the plugin on which the tests of several packages compute.
package devicetest

import (
	"testing"

	"acol/internal/kernel/device"
	"acol/internal/pjrt"
)

// Plugin is the path of a plugin for processors in the folder of plugins, where acol device install
// cpu puts one. Where there is none, the test is skipped.
func Plugin(t testing.TB) string {
	t.Helper()
	if err := pjrt.Missing(); err != nil {
		t.Skip(err)
	}
	path, err := device.File("xla-cpu")
	if err != nil {
		t.Skipf("%v: acol device install cpu puts one there", err)
	}
	return path
}

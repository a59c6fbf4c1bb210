// Package devicetest finds the plugin on which the tests of several packages compute.
package devicetest

import (
	"testing"

	"acol/internal/kernel/device"
	"acol/internal/pjrt"
)

// Plugin is the path of a plugin: the first in the folder that ACOL_PLUGINS names, or in acol's
// cache, where scripts/plugin puts one for processors. Where there is none, the test is skipped.
func Plugin(t testing.TB) string {
	t.Helper()
	if err := pjrt.Missing(); err != nil {
		t.Skip(err)
	}
	list, err := device.Find()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		dir, _ := device.Folder()
		t.Skipf("no PJRT plugin in %s: scripts/plugin puts one there", dir)
	}
	return list[0]
}

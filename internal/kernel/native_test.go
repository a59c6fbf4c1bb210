//go:build onednn && amd64 && cgo

package kernel

import "testing"

func openNative(t *testing.T, o Options) *Native {
	t.Helper()
	b, err := newNative(o)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(b.Close)
	return b.(*Native)
}

func TestNativeConforms(t *testing.T) {
	for _, threads := range []int{1, 2} {
		conformance(t, openNative(t, Options{Threads: threads}))
	}
}

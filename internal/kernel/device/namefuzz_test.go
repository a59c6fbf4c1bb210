package device_test

import (
	"errors"
	"slices"
	"testing"

	"acol/internal/kernel/device"
)

// A name is refused as a wrong one, or names devices once each, is written as it is read, and is
// shared out to processes so that none of them gets another number of devices.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"cuda", "cuda:0,1", "cuda:0,0", "cuda:0,99", "xla-cpu:3,1,2,0",
		"a/b.so:1", `C:\p.dll:0,5`, "cpu:0", "auto", ":", "cuda:,", "cuda:007,8", "rocm:0, 1"} {
		f.Add(name, byte(1), byte(2))
	}
	f.Fuzz(func(t *testing.T, text string, k, of byte) {
		n, err := device.Parse(text)
		if err != nil {
			if e := new(device.Error); !errors.As(err, &e) || !e.Wrong {
				t.Fatalf("%q: error %v is not of a wrong name", text, err)
			}
			return
		}
		if (n.Word == "") == (n.Path == "") {
			t.Fatalf("%q is %+v", text, n)
		}
		for i, o := range n.Ordinals {
			if o < 0 || o > 63 || i > 0 && o <= n.Ordinals[i-1] {
				t.Fatalf("%q has the numbers %v", text, n.Ordinals)
			}
		}
		again, err := device.Parse(n.String())
		if err != nil || again.String() != n.String() {
			t.Fatalf("%q is written %q, which is %+v: %v", text, n, again, err)
		}
		processes := int(of)%16 + 1
		first, err := n.For(0, processes)
		if err != nil {
			if n.Count()%processes == 0 || n.Count() < processes {
				t.Fatalf("%q for %d processes: %v", text, processes, err)
			}
			return
		}
		own, err := n.For(int(k)%processes, processes)
		if err != nil || own.Count() != first.Count() ||
			len(n.Ordinals) > 0 && slices.ContainsFunc(own.Ordinals, func(o int) bool {
				return !slices.Contains(n.Ordinals, o)
			}) {
			t.Fatalf("%q: of %d processes one has %s, another %s: %v", text, processes, first, own, err)
		}
	})
}

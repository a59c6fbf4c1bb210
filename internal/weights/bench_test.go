package weights

import (
	"io"
	"path/filepath"
	"testing"

	"acol/internal/atomicfile"
)

// resnetSized is a state dict of 100 MiB in 160 tensors, as of a ResNet-50.
func resnetSized() *StateDict {
	d := NewStateDict()
	for i := range 160 {
		n := 1 << 10
		if i%10 == 0 {
			n = 1 << 20 * 100 / 16 / 4
		}
		d.Set("layer"+string(rune('a'+i/26))+string(rune('a'+i%26)),
			Tensor{F32, []int{n}, make([]byte, 4*n)})
	}
	return d
}

func BenchmarkWriteFile(b *testing.B) {
	d := resnetSized()
	path := filepath.Join(b.TempDir(), "x")
	b.Run("with checksums", func(b *testing.B) {
		for b.Loop() {
			if err := WriteSafetensorsFile(path, d); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("without", func(b *testing.B) {
		write := func(w io.Writer) error { return WriteSafetensors(w, d) }
		for b.Loop() {
			if err := atomicfile.Write(path, write); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	d := resnetSized()
	path := filepath.Join(b.TempDir(), "x")
	write := func(w io.Writer) error { return WriteSafetensors(w, d) }
	for name, err := range map[string]error{
		"with checksums": WriteSafetensorsFile(path+"with checksums", d),
		"without":        atomicfile.Write(path+"without", write),
	} {
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := Open(path + name); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFromFloat32s(b *testing.B) {
	data := make([]float32, 1<<20)
	b.SetBytes(4 << 20)
	for b.Loop() {
		if _, err := FromFloat32s([]int{len(data)}, data); err != nil {
			b.Fatal(err)
		}
	}
}

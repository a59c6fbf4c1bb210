package weights

import "testing"

func BenchmarkFromFloat32s(b *testing.B) {
	data := make([]float32, 1<<20)
	b.SetBytes(4 << 20)
	for b.Loop() {
		if _, err := FromFloat32s([]int{len(data)}, data); err != nil {
			b.Fatal(err)
		}
	}
}

package cam

import "testing"

// benchMaps are 224x224 score maps as networks give them and as they do not.
var benchMaps = []struct {
	name string
	make func() Map
}{
	{"smooth", func() Map { return upsampled(14) }},
	{"fine", func() Map { return upsampled(28) }},
	{"noise", func() Map { r := rng(1); return floats(&r, New(224, 224)) }},
}

func upsampled(side int) Map {
	r := rng(side)
	m := Resize(floats(&r, New(side, side)), 224, 224)
	Normalize(m)
	return m
}

func BenchmarkSweep(b *testing.B) {
	for _, c := range benchMaps {
		b.Run(c.name, func(b *testing.B) {
			m := c.make()
			var s Sweep
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Set(m); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "maps/s")
		})
	}
}

func BenchmarkBoxes(b *testing.B) {
	for _, mode := range []Contours{Largest, All} {
		b.Run(mode.String(), func(b *testing.B) {
			m := upsampled(14)
			var e Extractor
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Boxes(m, 0.2, mode); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLargestComponent(b *testing.B) {
	m := upsampled(14)
	var e Extractor
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.LargestComponent(m, 0.2); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResize(b *testing.B) {
	r := rng(1)
	m := floats(&r, New(14, 14))
	b.ReportAllocs()
	for b.Loop() {
		Resize(m, 224, 224)
	}
}

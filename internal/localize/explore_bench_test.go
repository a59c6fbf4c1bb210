package localize

import (
	"testing"

	"acol/internal/data"
	"acol/internal/data/datatest"
	"acol/internal/engine/enginetest"
	"acol/internal/model"
)

// BenchmarkDelta tries another delta on a picture that ResNet-50 with two branches has seen, on all
// threads, as the page of acol serve does.
func BenchmarkDelta(b *testing.B) {
	c := model.DefaultConfig()
	c.Backbone.Arch, c.Backbone.Depth = "resnet", "50"
	m, err := model.New(c, 200)
	if err != nil {
		b.Fatal(err)
	}
	m.Init(1)
	names := make([]string, 200)
	x, err := Explore(enginetest.Open(b, enginetest.Portable), m, Options{
		Classes: names, Data: data.DefaultConfig(), Config: DefaultConfig(),
	})
	if err != nil {
		b.Fatal(err)
	}
	v, err := x.See(datatest.Disc(500, 375))
	if err != nil {
		b.Fatal(err)
	}
	s := x.Default(v)
	for i := 0; b.Loop(); i++ {
		s.Deltas[0] = 0.3 + 0.1*float64(i%5)
		if _, err := x.Try(v, s); err != nil {
			b.Fatal(err)
		}
	}
}

package loader

import (
	"context"
	"path/filepath"
	"testing"

	"acol/internal/data"
	"acol/internal/data/datatest"
)

// BenchmarkPhotographs loads the photographs of cub16 as training does, without a cache. Its loop
// counts batches of 32; img/s is what it is for. testdata/photographs.py measures torchvision so.
func BenchmarkPhotographs(b *testing.B) {
	cases := data.Crop("").Choices()
	for _, name := range append(cases, "jitter", "rand", "erasing") {
		b.Run(name, func(b *testing.B) {
			cfg := data.DefaultConfig()
			cfg.Format, cfg.Train = "folder", "images"
			switch a := &cfg.Augment; name {
			case "jitter": // as in SimCLR and others, without its probability
				a.ColorJitter = everything(*a).ColorJitter
			case "rand":
				a.RandAugment = everything(*a).RandAugment
			case "erasing":
				a.Erasing.Probability = 1
			default:
				a.Crop = data.Crop(name)
			}
			cfg.Root = filepath.Join(datatest.Shared(b), "data", "cub16", "CUB_200_2011")
			s, err := data.Open(cfg, "train")
			if err != nil {
				b.Fatal(err)
			}
			l, err := New(s, cfg, Options{Batch: 32, Train: true})
			if err != nil {
				b.Fatal(err)
			}
			left := b.N
			b.ResetTimer()
			for epoch := 0; left > 0; epoch++ {
				for _, err := range l.Epoch(context.Background(), epoch, 0) {
					if err != nil {
						b.Fatal(err)
					}
					if left--; left == 0 {
						break
					}
				}
			}
			b.ReportMetric(32*float64(b.N)/b.Elapsed().Seconds(), "img/s")
		})
	}
}

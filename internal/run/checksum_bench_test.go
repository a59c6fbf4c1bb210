package run_test

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"acol/internal/atomicfile"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/run"
	"acol/internal/train"
	"acol/internal/weights"
)

// BenchmarkChecksumsOfACheckpoint measures what the checksums cost a checkpoint of a ResNet-50: its
// last and its best model, and the state with the momentum, on the disk of TMPDIR. Try
// -benchtime 10x.
func BenchmarkChecksumsOfACheckpoint(b *testing.B) {
	sd := resnet50(b)
	state := weights.NewStateDict()
	for _, prefix := range []string{"model.", "momentum."} {
		for _, name := range sd.Names() {
			t, _ := sd.Get(name)
			state.Set(prefix+name, t)
		}
	}
	dir := run.Folder(b.TempDir())
	w := dir.Writer("train", classes)
	must(b, w.Clear())
	defer w.Close()
	inTurns(b, func() {
		must(b, w.SaveModel(sd, train.EpochRecord{Epoch: 1, Best: true}))
		must(b, w.SaveState(state))
	}, func() {
		plain(b, dir.LastPath(), sd)
		plain(b, dir.BestPath(), sd)
		plain(b, filepath.Join(string(dir), "state.safetensors"), state)
	})
	b.ReportMetric(milliseconds(func() { _, _ = sd.Sum(), state.Sum() }), "hash-ms")
}

// BenchmarkChecksumsOfOpening measures what checking the checksums costs opening a ResNet-50, whose
// file is in the system's cache.
func BenchmarkChecksumsOfOpening(b *testing.B) {
	sd := resnet50(b)
	summed, bare := filepath.Join(b.TempDir(), "summed"), filepath.Join(b.TempDir(), "bare")
	must(b, weights.WriteSafetensorsFile(summed, sd))
	plain(b, bare, sd)
	open := func(path string) func() {
		return func() {
			_, _, err := weights.Open(path)
			must(b, err)
		}
	}
	inTurns(b, open(summed), open(bare))
	b.ReportMetric(milliseconds(func() { _ = sd.Sum() }), "hash-ms")
}

// resnet50 is the state of a ResNet-50 with two branches.
func resnet50(b *testing.B) *weights.StateDict {
	b.Helper()
	rec, err := recipe.Load(recipe.Options{Set: []string{
		"data.root=.", "data.metadata=.",
		"model.backbone.arch=resnet", "model.backbone.depth=50",
	}})
	must(b, err)
	m, err := model.New(rec.Model, 200)
	must(b, err)
	m.Init(7)
	sd, err := m.State()
	must(b, err)
	return sd
}

// plain writes as weights.WriteSafetensorsFile does, but no checksums.
func plain(b *testing.B, path string, sd *weights.StateDict) {
	b.Helper()
	must(b, atomicfile.Write(path, func(w io.Writer) error { return weights.WriteSafetensors(w, sd) }))
}

// inTurns runs both functions in turns and reports their median times, the quarters beside them,
// and the median of the difference within a turn as a share of the time without.
func inTurns(b *testing.B, with, without func()) {
	b.Helper()
	with() // warms up
	without()
	var on, off, cost []float64
	for i := 0; b.Loop(); i++ {
		var x, y float64
		if i%2 == 0 {
			x = milliseconds(with)
			y = milliseconds(without)
		} else {
			y = milliseconds(without)
			x = milliseconds(with)
		}
		on, off, cost = append(on, x), append(off, y), append(cost, 100*(x-y)/y)
	}
	for name, list := range map[string][]float64{"with-ms": on, "without-ms": off, "cost-%": cost} {
		slices.Sort(list)
		for _, quarter := range []int{1, 2, 3} {
			b.ReportMetric(list[quarter*(len(list)-1)/4], fmt.Sprintf("%s-q%d", name, quarter))
		}
	}
	b.ReportMetric(0, "ns/op")
}

func milliseconds(f func()) float64 {
	start := time.Now()
	f()
	return float64(time.Since(start).Microseconds()) / 1000
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

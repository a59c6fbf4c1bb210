package data

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"acol/internal/data/datatest"
)

// million is a data set of ImageNet's size.
const million = 1_000_000

// BenchmarkOpenAMillionImages reads the lists of a million images and says how long
// it takes and what stays in memory. go test -bench OpenAMillion -benchtime 1x
func BenchmarkOpenAMillionImages(b *testing.B) {
	id := func(i int) string { return fmt.Sprintf("train/n%08d/n%08d_%d.JPEG", 1440764+i/1300, 1440764+i/1300, i) }
	lines := func(file string, line func(w io.Writer, i int)) {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			b.Fatal(err)
		}
		f, err := os.Create(file)
		if err != nil {
			b.Fatal(err)
		}
		w := bufio.NewWriter(f)
		for i := range million {
			line(w, i)
		}
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
	dir := b.TempDir()
	datatest.Put(b, dir, map[string]string{id(0): ""})
	in := func(name string) string { return filepath.Join(dir, "lists", filepath.FromSlash(name)) }
	lines(in("train/image_ids.txt"), func(w io.Writer, i int) { fmt.Fprintln(w, id(i)) })
	lines(in("train/class_labels.txt"), func(w io.Writer, i int) { fmt.Fprintf(w, "%s,%d\n", id(i), i/1300) })
	lines(in("boxed/image_ids.txt"), func(w io.Writer, i int) { fmt.Fprintln(w, id(i)) })
	lines(in("boxed/class_labels.txt"), func(w io.Writer, i int) { fmt.Fprintf(w, "%s,%d\n", id(i), i/1300) })
	lines(in("boxed/image_sizes.txt"), func(w io.Writer, i int) { fmt.Fprintf(w, "%s,500,375\n", id(i)) })
	lines(in("boxed/localization.txt"), func(w io.Writer, i int) { fmt.Fprintf(w, "%s,%d,2,499,374\n", id(i), i%400) })
	lines(in("train.txt"), func(w io.Writer, i int) { fmt.Fprintf(w, "%s;%d\n", id(i), i/1300) })
	lines(in("train.json"), func(w io.Writer, i int) {
		if i == 0 {
			fmt.Fprint(w, `{"images":[`)
		} else {
			fmt.Fprint(w, ",")
		}
		fmt.Fprintf(w, "{\"id\":%d,\"file_name\":\"%s\",\"width\":500,\"height\":375}\n", i, id(i))
	})
	f, err := os.OpenFile(in("train.json"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for i := range million {
		comma := ","
		if i == 0 {
			comma = `],"annotations":[`
		}
		fmt.Fprintf(w, "%s{\"id\":%d,\"image_id\":%d,\"category_id\":%d,\"bbox\":[1.5,2,100,200],\"area\":20000,\"iscrowd\":0,\"segmentation\":[[1,2,3,4,5,6]]}\n", comma, i, i, i/1300)
	}
	fmt.Fprint(w, `],"categories":[{"id":0,"name":"0"}`)
	for i := range million / 1300 {
		fmt.Fprintf(w, `,{"id":%d,"name":"%d"}`, i+1, i+1)
	}
	fmt.Fprint(w, "]}")
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	for _, bc := range []struct {
		name   string
		format Format
		train  string
	}{
		{
			"wsol", "wsol", "train"}, {"wsol with boxes", "wsol", "boxed"}, {"list", "list",
			"train"}, {"coco", "coco", "train"},
	} {
		cfg := DefaultConfig()
		cfg.Format, cfg.Root, cfg.Metadata, cfg.Train, cfg.Val, cfg.Test = bc.format, dir, filepath.Join(dir, "lists"), bc.train, "", ""
		b.Run(bc.name, func(b *testing.B) {
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				s, err := Open(cfg, "train")
				if err != nil {
					b.Fatal(err)
				}
				runtime.ReadMemStats(&after)
				peak := after.HeapSys - after.HeapReleased
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-kept")
				b.ReportMetric(float64(peak)/1e6, "MB-peak")
				if len(s.Samples) != million {
					b.Fatalf("%d samples", len(s.Samples))
				}
				runtime.KeepAlive(s)
			}
		})
	}
}

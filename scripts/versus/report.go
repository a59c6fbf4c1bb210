package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// median is the middle value, or the mean of the two in the middle.
func median[T int64 | float64](values []T) T {
	s := slices.Sorted(slices.Values(values))
	if len(s) == 0 {
		return 0
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// ratio is the median over the turns of a over b. What slows a turn slows both, and cancels.
func ratio[T int64 | float64](a, b []T) float64 {
	var out []float64
	for i := range min(len(a), len(b)) {
		if b[i] > 0 {
			out = append(out, float64(a[i])/float64(b[i]))
		}
	}
	return median(out)
}

// rivals are the results of PyTorch for one case.
func (s *sitting) rivals(network, mode string, batch int) []*result {
	var out []*result
	for _, r := range s.results {
		if r.torch && r.network == network && r.mode == mode && r.batch == batch {
			out = append(out, r)
		}
	}
	return out
}

// eager is the faster of PyTorch's two layouts for one case, or nil where none was measured.
func (s *sitting) eager(network, mode string, batch int) *result {
	var best *result
	for _, r := range s.rivals(network, mode, batch) {
		if r.eager && (best == nil || median(r.rates) > median(best.rates)) {
			best = r
		}
	}
	return best
}

// print writes the report: every result, then the bars.
func (s *sitting) print(w io.Writer) {
	fmt.Fprintf(w, "%s, %d threads each; medians of %d turns of %d steps\n\n",
		s.machine, s.threads, s.rounds, s.steps)
	s.printCases(w)
	s.printBars(w)
}

// printCases writes every result, and beside each of PyTorch's the ratio of acol in the same
// precision to it.
func (s *sitting) printCases(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "model\tmode\tbatch\tprogram\timg/s\tpeak MiB\tacol is\tacol's peak is\t")
	for _, r := range s.results {
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%.2f\t%d\t",
			r.network, r.mode, r.batch, r.name, median(r.rates), median(r.peaks)>>20)
		if own := s.find(r.network, r.mode, r.batch, "acol "+r.precision); r.torch && own != nil {
			fmt.Fprintf(t, "%.2fx\t%.2fx\t", ratio(own.rates, r.rates), ratio(own.peaks, r.peaks))
		} else {
			fmt.Fprint(t, "\t\t")
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush()
}

// bar is a ratio that acol has to reach.
type bar struct {
	what, against string
	least, aim    float64
	below         bool    // smaller is better
	percent       bool    // printed in percent
	got           float64 // 0 where it was not measured
}

// verdict says whether the ratio reaches the bar.
func (b bar) verdict() string {
	reached := func(limit float64) bool { return b.got >= limit != b.below || b.got == limit }
	switch {
	case b.got == 0:
		return "not measured"
	case reached(b.aim):
		return "aim reached"
	case reached(b.least):
		return "reached"
	}
	return "BELOW"
}

// bars compares what was measured with what acol promises.
func (s *sitting) bars() []bar {
	speed := func(what, network, mode string, batch int, least, aim float64) bar {
		b := bar{what: what, against: "PyTorch eager, its faster layout", least: least, aim: aim}
		own, rival := s.find(network, mode, batch, acolFP32), s.eager(network, mode, batch)
		if own != nil && rival != nil {
			b.got = ratio(own.rates, rival.rates)
		}
		return b
	}
	list := []bar{
		speed("ResNet-50 pp, batch 8, training", "resnet50", "train", 8, 1.3, 1.6),
		speed("ResNet-50 pp, batch 8, inference", "resnet50", "infer", 8, 1.4, 1.8),
		speed("VGG16-ACoL conv heads, batch 8, training", "vgg16", "train", 8, 2, 2.6),
		speed("SqueezeNet 1.1 pp conv heads, batch 8, training", "squeezenet", "train", 8, 1.5, 2),
	}
	for _, mode := range []string{"train", "infer"} {
		b := bar{what: "ResNet-50 pp, batch 8, bf16, " + mode, against: "acol fp32", least: 1.6, aim: 2}
		half, full := s.find("resnet50", mode, 8, acolBF16), s.find("resnet50", mode, 8, acolFP32)
		if half != nil && full != nil {
			b.got = ratio(half.rates, full.rates)
		}
		list = append(list, b)
	}
	memory := bar{
		what: "peak memory, ResNet-50 pp, batch 8, training", against: "PyTorch eager",
		least: 0.9, aim: 0.6, below: true,
	}
	own, rival := s.find("resnet50", "train", 8, acolFP32), s.eager("resnet50", "train", 8)
	if own != nil && rival != nil {
		memory.got = ratio(own.peaks, rival.peaks)
	}
	list = append(list, memory)
	for _, l := range s.localized {
		list = append(list, bar{
			what: "localize one image, whole process, " + l.network, against: "Python with PyTorch",
			least: 5, aim: 10, got: ratio(l.torch, l.acol),
		})
	}
	for _, r := range s.rates {
		list = append(list, bar{
			what: fmt.Sprintf("convolutions of %s, %s, batch %d: %.0f GFLOP/s",
				r.network, r.mode, r.batch, r.flops/1e9),
			against: fmt.Sprintf("a matrix product, %.0f GFLOP/s", r.peak/1e9),
			least:   0.6, aim: 0.8, percent: true, got: r.flops / r.peak,
		})
	}
	return list
}

// printBars writes a line for each bar.
func (s *sitting) printBars(w io.Writer) {
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "work\tagainst\tat least\taim\tmeasured\t\t")
	for _, b := range s.bars() {
		show := func(v float64) string {
			if b.percent {
				return fmt.Sprintf("%.0f %%", 100*v)
			}
			return fmt.Sprintf("%.2gx", v)
		}
		got := fmt.Sprintf("%.2fx", b.got)
		if b.percent {
			got = show(b.got)
		}
		if b.got == 0 {
			got = ""
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t\n",
			b.what, b.against, show(b.least), show(b.aim), got, b.verdict())
	}
	_ = t.Flush()
}

package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestRatioIsTheMedianOfTheTurnsRatios(t *testing.T) {
	for _, tc := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{2, 1, 9}, []float64{1, 1, 3}, 2}, // a slow second turn of both does not count
		{[]float64{3, 1}, []float64{1, 1}, 2},
		{[]float64{3}, []float64{0}, 0},
		{nil, []float64{1}, 0},
	} {
		if got := ratio(tc.a, tc.b); got != tc.want {
			t.Errorf("%v over %v is %v, want %v", tc.a, tc.b, got, tc.want)
		}
	}
}

// measured is a sitting of one case with a fast acol and two layouts of PyTorch.
func measured() *sitting {
	s := &sitting{options: &options{rounds: 1, steps: 2, threads: 2}, machine: "CPU X"}
	add := func(name string, torch, eager bool, precision string, rate float64, peak int64) {
		s.results = append(s.results, &result{
			contender: contender{name: name, torch: torch, eager: eager, precision: precision},
			network:   "resnet50", mode: "train", batch: 8,
			rates: []float64{rate}, peaks: []int64{peak << 20},
		})
	}
	add(acolFP32, false, false, "fp32", 8, 1000)
	add(acolBF16, false, false, "bf16", 12, 900)
	add("torch eager nchw", true, true, "fp32", 4, 1600)
	add("torch eager channels_last", true, true, "fp32", 5, 2000)
	add("torch compile", true, false, "fp32", 9, 2000)
	s.localized = []localized{{"resnet50", []float64{0.5}, []float64{4}}}
	s.rates = []share{{"resnet50", "train", 8, 70e9, 100e9}}
	return s
}

func TestBarsAreHeldAgainstTheFasterLayout(t *testing.T) {
	var got []string
	for _, b := range measured().bars() {
		if b.got > 0 {
			got = append(got, b.what+": "+b.verdict())
		}
	}
	want := []string{
		"ResNet-50 pp, batch 8, training: aim reached",                  // 8 over 5
		"ResNet-50 pp, batch 8, bf16, train: BELOW",                     // 12 over 8
		"peak memory, ResNet-50 pp, batch 8, training: aim reached",     // 1000 over 2000
		"localize one image, whole process, resnet50: reached",          // 4 over 0.5
		"convolutions of resnet50, train, batch 8: 70 GFLOP/s: reached", // 70 over 100
	}
	if !slices.Equal(got, want) {
		t.Errorf("bars\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestVerdictsCompareARatioWithItsBar(t *testing.T) {
	for _, tc := range []struct {
		bar  bar
		want string
	}{
		{bar{least: 1.3, aim: 1.6}, "not measured"},
		{bar{least: 1.3, aim: 1.6, got: 1.29}, "BELOW"},
		{bar{least: 1.3, aim: 1.6, got: 1.3}, "reached"},
		{bar{least: 1.3, aim: 1.6, got: 1.7}, "aim reached"},
		{bar{least: 0.9, aim: 0.6, below: true, got: 0.91}, "BELOW"},
		{bar{least: 0.9, aim: 0.6, below: true, got: 0.9}, "reached"},
		{bar{least: 0.9, aim: 0.6, below: true, got: 0.5}, "aim reached"},
	} {
		if got := tc.bar.verdict(); got != tc.want {
			t.Errorf("%+v: %s, want %s", tc.bar, got, tc.want)
		}
	}
}

func TestTableComparesEqualPrecisions(t *testing.T) {
	var out bytes.Buffer
	measured().print(&out)
	for _, want := range []string{
		"CPU X, 2 threads each; medians of 1 turns of 2 steps",
		"resnet50 train 8 torch eager channels_last 5.00 2000 1.60x 0.50x",
		"resnet50 train 8 torch compile 9.00 2000 0.89x 0.50x",
		"VGG16-ACoL conv heads, batch 8, training PyTorch eager, its faster layout 2x 2.6x not measured",
	} {
		found := false
		for _, line := range strings.Split(out.String(), "\n") {
			found = found || strings.Join(strings.Fields(line), " ") == want
		}
		if !found {
			t.Errorf("no line %q in\n%s", want, &out)
		}
	}
}

func TestRowOfACaseHasItsModesRate(t *testing.T) {
	r := measured().results[0]
	r.rates, r.peaks = []float64{7, 9, 8}, []int64{1, 3, 2}
	row := r.medianRow()
	if row.Train != 8 || row.Infer != 0 || row.Peak != 2 || row.Precision != "fp32" || row.Batch != 8 {
		t.Errorf("row %+v", row)
	}
}

func TestEnvironmentFixesThreadsAndDropsKnobs(t *testing.T) {
	got := environment([]string{
		"PATH=/bin", "OMP_NUM_THREADS=9", "OPENBLAS_CORETYPE=Haswell", "ONEDNN_MAX_CPU_ISA=SSE41",
		"GOMAXPROCS=1", "ACOL_TRAIN_EPOCHS=3", "HOME=/",
	}, 2)
	want := []string{"PATH=/bin", "HOME=/", "OMP_NUM_THREADS=2", "MKL_NUM_THREADS=2", "GOMAXPROCS=2"}
	if !slices.Equal(got, want) {
		t.Errorf("environment %v, want %v", got, want)
	}
}

func TestFlags(t *testing.T) {
	for _, tc := range []struct{ line, err string }{
		{"", ""}, {"-batches 1,2 -models vgg16 -rounds 1", ""},
		{"-batches 1,x", `-batches: "x" is not a number of images`},
		{"-rounds 0", "-rounds, -steps and -threads must be positive, -warmup at least 0"},
		{"more", `unexpected "more"`},
	} {
		_, err := parse(strings.Fields(tc.line))
		if (err == nil) != (tc.err == "") || err != nil && err.Error() != tc.err {
			t.Errorf("%q: error %v, want %q", tc.line, err, tc.err)
		}
	}
	_, err := choose([]string{"resnet50", "lenet"})
	if err == nil || err.Error() != `-models: no network "lenet"` {
		t.Errorf("error %v", err)
	}
}

func TestContendersWithoutPythonAreAcols(t *testing.T) {
	o := &options{}
	if got := o.contenders(""); len(got) != 1 || got[0].name != acolFP32 {
		t.Errorf("contenders %+v", got)
	}
	o.python = "python3"
	bf16 := []string{"--set", "train.precision=bf16"}
	if got := o.contenders("train.precision"); len(got) != 5 || !slices.Equal(got[1].flags, bf16) {
		t.Errorf("contenders %+v", got)
	}
}

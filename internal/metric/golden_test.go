package metric

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/cam/camtest"
)

// rng draws the inputs of the goldens.
type rng = camtest.Rand

func noise(r *rng, h, w int) cam.Map {
	m := cam.New(h, w)
	for i := range m.V {
		m.V[i] = r.Float()
	}
	return m
}

// scoreMap repeats score_map of ../cam/testdata/reference.py.
func scoreMap(kind string, h, w int, r *rng) cam.Map {
	switch kind {
	case "smooth":
		a := 2 + r.Below(9)
		m := cam.Resize(noise(r, a, 2+r.Below(9)), h, w)
		cam.Normalize(m)
		return m
	case "plateau", "rough":
		m := scoreMap("smooth", h, w, r)
		for i, v := range m.V {
			if m.V[i] = min(math.Floor(v*8)/4, 1); kind == "rough" {
				m.V[i] = v + float64(r.Float()*0.125)
			}
		}
		if kind == "rough" {
			cam.Normalize(m)
		}
		return m
	case "levels":
		m := cam.New(h, w)
		k := 2 + r.Below(6)
		for i := range m.V {
			m.V[i] = float64(r.Below(k)) / float64(k-1)
		}
		return m
	}
	return noise(r, h, w)
}

// truthOf repeats truth of testdata/gen.py.
func truthOf(t testing.TB, m cam.Map, r *rng) []box.Box {
	t.Helper()
	var out []box.Box
	for range 1 + r.Below(2) {
		found, err := new(cam.Extractor).Boxes(m, float64(r.Below(1000))*Step, cam.All)
		if err != nil {
			t.Fatal(err)
		}
		b := found[r.Below(len(found))]
		b.X0 = max(b.X0-r.Below(5), 0)
		b.Y0 = max(b.Y0-r.Below(5), 0)
		b.X1 += r.Below(5)
		b.Y1 += r.Below(5)
		out = append(out, b)
	}
	return out
}

const goldenMaps = 150

// goldenAcc adds the maps from seed on, every so many, of testdata/gen.py.
func goldenAcc(t *testing.T, from, every int) *boxAcc {
	t.Helper()
	a := newAcc(t, Step)
	kinds := []string{"smooth", "levels", "uniform"}
	for seed := from; seed < goldenMaps; seed += every {
		r := rng(seed)
		h := 8 + r.Below(40)
		w := 8 + r.Below(40)
		m := scoreMap(kinds[seed%len(kinds)], h, w, &r)
		truth := truthOf(t, m, &r)
		if seed == 7 {
			clear(m.V)
		}
		if err := a.add(m, truth); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func TestBoxAccEqualsTheReferenceOnOpenCV(t *testing.T) {
	a := goldenAcc(t, 0, 1)
	r := a.result()
	if a.images() != goldenMaps {
		t.Errorf("counted %d images", a.images())
	}
	b, err := os.ReadFile("testdata/boxacc.golden")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		switch f[0] {
		case "curve":
			checkCurve(t, a, f)
		case "max_box_acc":
			equal(t, f[0], fmt.Sprint(r.one, r.oneAt), f[1]+" "+f[2])
		case "max_box_acc_v2_iou":
			equal(t, f[0], fmt.Sprint(r.all[f[1]], r.allAt[f[1]]), f[2]+" "+f[3])
		case "max_box_acc_v2":
			want, err := strconv.ParseFloat(f[1], 64)
			if err != nil || r.maxBoxAccV2 != want {
				t.Errorf("MaxBoxAccV2 = %v, want %v", r.maxBoxAccV2, f[1])
			}
		}
	}
}

// equal compares two lists of numbers by their values.
func equal(t *testing.T, what, got, want string) {
	t.Helper()
	var g, w [2]float64
	fmt.Sscan(got, &g[0], &g[1])
	if n, err := fmt.Sscan(want, &w[0], &w[1]); n != 2 || g != w {
		t.Errorf("%s = %s, want %s (%v)", what, got, want, err)
	}
}

// checkCurve compares counts to a line of "curve mode delta count*run,...".
func checkCurve(t *testing.T, a *boxAcc, f []string) {
	t.Helper()
	var mode, delta int
	if _, err := fmt.Sscan(f[1]+" "+f[2], &mode, &delta); err != nil {
		t.Fatal(err)
	}
	curve := a.curve(cam.Contours(mode), delta)
	i := 0
	for run := range strings.SplitSeq(f[3], ",") {
		var count, n int
		if _, err := fmt.Sscanf(run, "%d*%d", &count, &n); err != nil {
			t.Fatalf("run %q: %v", run, err)
		}
		for range n {
			if want := float64(count) * 100 / goldenMaps; curve[i] != want {
				t.Fatalf("contours %d, IoU %d, threshold %d: %v percent, want %v",
					mode, delta, i, curve[i], want)
			}
			i++
		}
	}
	if i != len(curve) {
		t.Errorf("contours %d, IoU %d: %d thresholds, want %d", mode, delta, len(curve), i)
	}
}

package album

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"acol/internal/chart"
	"acol/internal/model"
	"acol/internal/train"
)

// saved remembers the pictures of an album.
type saved map[string][]image.Image

func (s saved) save(name string, img image.Image) error {
	s[name] = append(s[name], img)
	return nil
}

func record(epoch int) train.EpochRecord {
	acc, tau := 50.0, 0.2
	return train.EpochRecord{
		Epoch: epoch, Losses: []float64{1 / float64(epoch), 2}, Top1: 80, BestEpoch: 1,
		Validation: &train.Validation{Images: 3, Top1: 70, MaxBoxAcc: &acc, Threshold: &tau},
	}
}

func TestCurvesAreDrawnOftenEnoughAndAtTheEnd(t *testing.T) {
	s := saved{}
	a := &Album{Kinds: "pp", Save: s.save}
	a.Begin(train.Plan{Epochs: 3})
	a.Epoch(record(1))
	a.Epoch(record(2)) // at once: the time that drawing may take is spent
	if n := len(s[CurvesName]); n != 1 {
		t.Errorf("drawn %d times after two quick epochs, want 1", n)
	}
	a.Close()
	a.Close()
	if n := len(s[CurvesName]); n != 2 {
		t.Errorf("drawn %d times after the end, want 2", n)
	}
	a.due = time.Time{}
	a.Epoch(record(3))
	if n := len(s[CurvesName]); n != 3 {
		t.Errorf("drawn %d times when it is due again, want 3", n)
	}
}

// An epoch without val, without losses or of other branches than now has its curves too.
func TestCurvesOfAnyRecordsAreDrawn(t *testing.T) {
	for _, records := range [][]train.EpochRecord{
		nil, {{}}, {{Epoch: 1, Losses: []float64{0}}}, {record(1), {Epoch: 2}, record(3)},
	} {
		if _, err := Curves(records, "ppn"); err != nil {
			t.Errorf("%v: %v", records, err)
		}
	}
}

func TestTheFirstBatchHasThePixelsThatTheNetworkSees(t *testing.T) {
	s := saved{}
	a := &Album{
		Classes: []string{"cardinal", "bunting"}, Save: s.save,
		Mean: []float64{0.4, 0.5, 0.6}, Std: []float64{0.1, 0.2, 0.2},
	}
	const size = 2
	x := make([]float32, 3*size*size) // zeros are the mean
	x[0], x[4], x[8] = 100, -100, 1   // of the first pixel: beyond white, beyond black, 0.8
	img := a.picture(x, size)
	for i, want := range []color.NRGBA{{255, 0, 204, 255}, {102, 128, 153, 255}} {
		if got := img.NRGBAAt(i, 0); got != want {
			t.Errorf("pixel %d is %v, want %v", i, got, want)
		}
	}
	a.Sees(train.Sight{X: x, Size: size, Targets: model.Labelled(1)})
	if len(s[BatchName]) != 1 {
		t.Errorf("pictures: %v", s)
	}
	for want, target := range map[string]model.Target{
		"bunting":                      {Labels: []int{1}},
		"cardinal + bunting":           {Labels: []int{0, 1}},
		"cardinal 25 % + bunting 75 %": {Labels: []int{0, 1}, Shares: []float64{0.25, 0.75}},
		"cardinal 100 %":               {Labels: []int{0, 1}, Shares: []float64{1, 0}},
	} {
		if got := a.label(target); got != want {
			t.Errorf("label %q, want %q", got, want)
		}
	}
}

func TestAPictureThatCannotBeSavedIsToldOnce(t *testing.T) {
	var told []error
	full := errors.New("no space left")
	a := &Album{
		Kinds: "p", Save: func(string, image.Image) error { return full },
		Failed: func(err error) { told = append(told, err) },
	}
	a.Epoch(record(1))
	a.due = time.Time{}
	a.Epoch(record(2))
	a.Close()
	if len(told) != 1 || !slices.ContainsFunc(told, func(e error) bool { return errors.Is(e, full) }) {
		t.Errorf("told %v", told)
	}
}

func BenchmarkCurves(b *testing.B) {
	var records []train.EpochRecord
	for i := range 30 {
		records = append(records, record(i+1))
	}
	for b.Loop() {
		if _, err := Curves(records, "pp"); err != nil {
			b.Fatal(err)
		}
	}
}

// A figure of val has a line where an epoch has it, and none where no epoch does.
func TestTheFiguresOfValAreDrawnWhereTheyWereMeasured(t *testing.T) {
	number := func(v float64) *float64 { return &v }
	r := record(1)
	if got, want := drawn(t, r), "MaxBoxAcc 50, best threshold 20"; got != want {
		t.Errorf("series %s, want %s", got, want)
	}
	r.Validation.Loss, r.Validation.MaxBoxAccV2 = number(3), number(40)
	r.Validation.Top1Loc = number(30)
	got := drawn(t, r)
	want := "val, all branches 3, MaxBoxAcc 50, MaxBoxAccV2 40, top-1 localization 30, " +
		"best threshold 20"
	if got != want {
		t.Errorf("series %s, want %s", got, want)
	}
}

// drawn lists the loss on val and the series of localization of one epoch, each with its value.
func drawn(t *testing.T, r train.EpochRecord) string {
	t.Helper()
	charts := Charts([]train.EpochRecord{r}, "pp")
	series := charts[0].(chart.Lines).Series[2:] // behind those of the branches
	series = append(series, charts[2].(chart.Lines).Series...)
	var names []string
	for _, s := range series {
		if y := s.Points[0].Y; !math.IsNaN(y) {
			names = append(names, fmt.Sprintf("%s %g", s.Name, y))
		}
	}
	return strings.Join(names, ", ")
}

func TestTheLossesOfSPGAreDrawnBesideTheBranchs(t *testing.T) {
	r := record(1)
	r.Losses = []float64{1, 0.5, 0.25, 0.125}
	loss := Charts([]train.EpochRecord{r}, "p")[0].(chart.Lines)
	var names []string
	for _, s := range loss.Series {
		if y := s.Points[0].Y; !math.IsNaN(y) {
			names = append(names, fmt.Sprintf("%s %g", s.Name, y))
		}
	}
	got := strings.Join(names, ", ")
	if want := "branch 1 (p) 1, SPG's B2 0.5, SPG's B1 0.25, SPG's C 0.125"; got != want {
		t.Errorf("series %s, want %s", got, want)
	}
}

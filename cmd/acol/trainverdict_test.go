package main

import (
	"slices"
	"strings"
	"testing"

	"acol/internal/train"
)

// epochs makes records of 400 images of val by their top-1 and MaxBoxAcc; a negative MaxBoxAcc is
// none. The best epoch is chosen as a training chooses it.
func epochs(figures ...[2]float64) []train.EpochRecord {
	var records []train.EpochRecord
	best, at := -1.0, 0
	for i, f := range figures {
		v := &train.Validation{Images: 400, Top1: f[0]}
		chosen := f[0]
		if f[1] >= 0 {
			v.MaxBoxAcc, chosen = &figures[i][1], f[1]
		}
		if chosen > best {
			best, at = chosen, i+1
		}
		records = append(records, train.EpochRecord{
			Epoch: i + 1, Losses: []float64{1}, Validation: v, BestEpoch: at, Best: at == i+1,
		})
	}
	return records
}

func TestAVerdictSaysWhatTheBestEpochCosts(t *testing.T) {
	for name, tc := range map[string]struct {
		records     []train.EpochRecord
		line, hints string
	}{
		"the last epoch is best": {epochs([2]float64{40, 50}, [2]float64{70, 60}), "", ""},
		"best by a little": {
			epochs([2]float64{70, 60}, [2]float64{71, 58}),
			"best on val is epoch 1: MaxBoxAcc 60.0 %, top-1 70.0 %; " +
				"the last one, epoch 2: MaxBoxAcc 58.0 %, top-1 71.0 %", "",
		},
		"boxes fall while classification rises": {
			epochs([2]float64{40, 60}, [2]float64{70, 50}),
			"best on val is epoch 1: MaxBoxAcc 60.0 %, top-1 40.0 %; " +
				"the last one, epoch 2: MaxBoxAcc 50.0 %, top-1 70.0 %",
			"MaxBoxAcc on val has fallen by 10.0 points since epoch 1, whose model is --checkpoint best\n" +
				"best is chosen by MaxBoxAcc; its top-1 on val is 30.0 points below that of --checkpoint last",
		},
		"classification falls while best is kept by boxes": {
			epochs([2]float64{80, 50}, [2]float64{60, 55}, [2]float64{58, 60}),
			"", "top-1 on val was highest in epoch 1, 80.0 %: neither best, chosen by MaxBoxAcc, nor last has that",
		},
		"without boxes": {
			epochs([2]float64{80, -1}, [2]float64{60, -1}),
			"best on val is epoch 1: top-1 80.0 %; the last one, epoch 2: top-1 60.0 %",
			"top-1 on val has fallen by 20.0 points since epoch 1, whose model is --checkpoint best",
		},
		"the first of equally good ones": {
			epochs([2]float64{100, -1}, [2]float64{100, -1}),
			"best is epoch 1, the first of equally good ones: the last one, epoch 2, " +
				"has the same top-1 100.0 %", "",
		},
		"no epoch":    {nil, "", ""},
		"without val": {[]train.EpochRecord{{Epoch: 1, BestEpoch: 1}, {Epoch: 2, BestEpoch: 1}}, "", ""},
	} {
		lines, hints := verdict(tc.records)
		if got := strings.Join(lines, "\n"); got != tc.line {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tc.line)
		}
		if got := strings.Join(hints, "\n"); got != tc.hints {
			t.Errorf("%s: hints\n got %s\nwant %s", name, got, tc.hints)
		}
	}
	few := epochs([2]float64{80, 60}, [2]float64{60, 50})
	few[1].Validation.Images = 16 // of which one is 6 points
	if _, hints := verdict(few); hints != nil {
		t.Errorf("of 16 images: hints %q", hints)
	}
}

func TestAFigureFarBelowItsHighestIsToldWithTheEpoch(t *testing.T) {
	s, _, messages := memoryIO()
	v := &trainView{s: s, names: []string{"p"}, plan: train.Plan{Epochs: 3}}
	for _, r := range epochs([2]float64{80, 50}, [2]float64{78, 55}, [2]float64{58, 60}) {
		v.Epoch(r)
	}
	lines := strings.Split(messages.String(), "\n")
	if strings.Contains(lines[1], "in epoch") {
		t.Errorf("two points are told: %q", lines[1])
	}
	if want := "val top-1 58.0 % (80.0 % in epoch 1) MaxBoxAcc 60.0 % best"; !strings.HasSuffix(lines[2], want) {
		t.Errorf("line %q, want %q", lines[2], want)
	}
}

func TestACollapseIsToldOnceWithWhatToDo(t *testing.T) {
	records := epochs([2]float64{10, 50}, [2]float64{10, 50}, [2]float64{10, 50}, [2]float64{10, 50}, [2]float64{70, 50})
	for i := range 4 {
		records[i].Validation.Collapsed = "017.Cardinal"
	}
	s, _, messages := memoryIO()
	v := &trainView{s: s, names: []string{"p"}, plan: train.Plan{Epochs: 9}}
	for _, r := range records {
		v.Epoch(r)
	}
	text := messages.String()
	if n := strings.Count(text, "tells no classes apart: after epoch 3 it took all of val"); n != 1 {
		t.Errorf("told %d times:\n%s", n, text)
	}
	if n := strings.Count(text, `val top-1 10.0 % all taken for "017.Cardinal"`); n != 4 {
		t.Errorf("in %d lines of epochs:\n%s", n, text)
	}
	line, hint := collapse(slices.Clone(records[:2]), 1)
	if line == "" || !strings.Contains(hint, "warmup_epochs") {
		t.Errorf("%q, %q", line, hint)
	}
	records[1].Top1 = 95 // on the training images
	if _, hint := collapse(records[:2], 1); !strings.Contains(hint, "freeze_bn") {
		t.Errorf("hint %q for a network that knows the training images", hint)
	}
	if line, _ := collapse(records, 1); line != "" {
		t.Errorf("a network that has recovered: %q", line)
	}
}

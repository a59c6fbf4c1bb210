package train_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"acol/internal/run"
	"acol/internal/train"
	"acol/internal/weights"
)

func ptr(v float64) *float64 { return &v }

// valOf validates with one figure of each epoch.
func valOf(figures ...train.Validation) func(context.Context) (train.Validation, error) {
	epoch := 0
	return func(context.Context) (train.Validation, error) {
		epoch++
		return figures[epoch-1], nil
	}
}

func TestBestIsByTheFigureThatTheRecipeNames(t *testing.T) {
	vals := []train.Validation{
		{Images: 2, Top1: 50, Loss: ptr(2), MaxBoxAcc: ptr(90), MaxBoxAccV2: ptr(10), Top1Loc: ptr(20)},
		{Images: 2, Top1: 60, Loss: ptr(3), MaxBoxAcc: ptr(80), MaxBoxAccV2: ptr(10), Top1Loc: ptr(30)},
		{Images: 2, Top1: 55, Loss: ptr(1), MaxBoxAcc: ptr(90), MaxBoxAccV2: ptr(11), Top1Loc: ptr(30)},
	}
	w := newWorld(t)
	for by, want := range map[train.BestBy]struct {
		epoch int
		by    train.BestBy
	}{
		train.ByAuto: {1, train.ByMaxBoxAcc}, train.ByMaxBoxAcc: {1, train.ByMaxBoxAcc},
		train.ByMaxBoxAccV2: {3, train.ByMaxBoxAccV2}, train.ByTop1Loc: {2, train.ByTop1Loc},
		train.ByTop1: {2, train.ByTop1}, train.ByLoss: {3, train.ByLoss},
	} {
		dir := t.TempDir()
		tr := w.trainer(t, dir, 5)
		tr.Config.Best, tr.Validate = by, valOf(vals...)
		if err := tr.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		last := records(t, dir)[2]
		if last.BestEpoch != want.epoch || last.BestBy != want.by {
			t.Errorf("%s: epoch %d by %s, want %d by %s", by, last.BestEpoch, last.BestBy, want.epoch, want.by)
		}
	}
}

func TestAutoTakesTop1WithoutBoxesAndTheLossWithoutVal(t *testing.T) {
	w := newWorld(t)
	for by, validate := range map[train.BestBy]func(context.Context) (train.Validation, error){
		train.ByTop1: valOf(train.Validation{Images: 2, Top1: 50}, train.Validation{Images: 2, Top1: 60},
			train.Validation{Images: 2, Top1: 60}),
		train.ByLoss: nil,
	} {
		dir := t.TempDir()
		tr := w.trainer(t, dir, 5)
		tr.Validate = validate
		if err := tr.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		all := records(t, dir)
		if got := all[2].BestBy; got != by {
			t.Errorf("compared by %s, want %s", got, by)
		}
		least := 0
		for i, r := range all {
			if r.Loss < all[least].Loss {
				least = i
			}
		}
		want := 2
		if by == train.ByLoss {
			want = least + 1
		}
		if all[2].BestEpoch != want {
			t.Errorf("by %s: best is epoch %d, want %d", by, all[2].BestEpoch, want)
		}
	}
}

func TestPatienceEndsATrainingThatGetsNoBetter(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	vals := []train.Validation{{Images: 2, Top1: 50}, {Images: 2, Top1: 60}, {Images: 2, Top1: 60},
		{Images: 2, Top1: 55}, {Images: 2, Top1: 70}}
	tr := w.trainer(t, dir, 5)
	tr.Config.Epochs, tr.Config.Patience, tr.Validate = 5, 2, valOf(vals...)
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := len(records(t, dir)); n != 4 {
		t.Fatalf("%d epochs, want 4: epochs 3 and 4 are no better than 2", n)
	}
	sd, _, err := weights.Open(run.Folder(dir).BestPath())
	if err != nil || sd.Metadata["epoch"] != "2" {
		t.Errorf("best is of epoch %s, want 2; error %v", sd.Metadata["epoch"], err)
	}

	// Resumed, it is at its end; with more patience it goes on as if there had always been more.
	before, err := os.ReadFile(run.Folder(dir).StatePath())
	if err != nil {
		t.Fatal(err)
	}
	var plan planned
	tr = w.trainer(t, dir, 5)
	tr.Config.Epochs, tr.Config.Patience, tr.Resume = 5, 2, true
	tr.Observers = train.Observers{&plan}
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(run.Folder(dir).StatePath())
	if err != nil || string(before) != string(after) || !plan.Done {
		t.Errorf("a training that has ended: done %v, another state %v, error %v",
			plan.Done, string(before) != string(after), err)
	}
	whole := t.TempDir()
	tr = w.trainer(t, whole, 5)
	tr.Config.Epochs, tr.Config.Patience, tr.Validate = 5, 3, valOf(vals...)
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	tr = w.trainer(t, dir, 5)
	tr.Config.Epochs, tr.Config.Patience, tr.Validate = 5, 3, valOf(vals[4])
	tr.Resume = true
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if string(bits(t, whole)) != string(bits(t, dir)) || !sameRecords(records(t, whole), records(t, dir)) {
		t.Error("resumed with more patience: not as a training that had it from the start")
	}
	if r := records(t, dir); len(r) != 5 || r[4].BestEpoch != 5 {
		t.Errorf("log %+v, want five epochs of which the last is best", r)
	}
}

// planned keeps the plan of a training.
type planned struct{ train.Plan }

func (p *planned) Begin(plan train.Plan)   { p.Plan = plan }
func (p *planned) Sees(train.Sight)        {}
func (p *planned) Step(train.StepInfo)     {}
func (p *planned) Epoch(train.EpochRecord) {}
func (p *planned) Broken(error)            {}

func TestResumingRefusesToCompareEpochsByAnotherFigure(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	tr := w.trainer(t, dir, 5)
	tr.Config.Epochs = 1
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	tr = w.trainer(t, dir, 5)
	tr.Config.Best, tr.Resume = train.ByTop1, true
	err := tr.Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "compares its epochs by train.best auto, the recipe by top1") {
		t.Errorf("error %v", err)
	}
}

package main

import (
	"errors"
	"strings"
	"testing"

	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/portable"
	"acol/internal/machine"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/train"
)

// tinyMemory is the memory of a training of a small network on images of 64x64 pixels, on a machine
// that leaves so many bytes.
func tinyMemory(t *testing.T, batch string, free int64) *trainMemory {
	t.Helper()
	rec, err := recipe.Load(recipe.Options{Set: []string{
		"name=a", "data.root=images", "data.metadata=metadata", "train.batch_size=" + batch,
		"model.backbone.width=0.0625", "data.input.size=64",
	}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.New(rec.Model, 3)
	if err != nil {
		t.Fatal(err)
	}
	mem, err := newTrainMemory(rec, m, enginetest.Open(t, enginetest.Portable), 5000, 1)
	if err != nil {
		t.Fatal(err)
	}
	mem.budget = machine.NewBudget(machine.Limit{
		Free: free, Total: 1 << 40, By: "a test", Known: true,
	})
	return mem
}

// plan plans the step of a training, and gives the error with its advice.
func (t *trainMemory) plan(batch int) error {
	t.admitStep()
	_, err := t.model.NewTrainStep(t.eng, batch, t.rec.Data.Input.Size, t.rec.Data.Input.Size)
	return t.advise(err)
}

func TestAStepThatDoesNotFitNamesTheLargestBatchThatDoes(t *testing.T) {
	need := func(n int) int64 {
		bytes, ok := tinyMemory(t, "60", 1<<40).need(n)
		if !ok || bytes <= 0 {
			t.Fatalf("the need of %d images is %d bytes, %v", n, bytes, ok)
		}
		return bytes
	}
	for fits, want := range map[int]string{
		59: "=59", 8: "=8", 3: "=3", 1: "=1",
	} {
		err := tinyMemory(t, "60", need(fits)+1000).plan(60)
		var short *machine.ShortError
		var h hinted
		if !errors.As(err, &short) || !errors.As(err, &h) {
			t.Fatalf("room for %d images: error %v, want one of memory", fits, err)
		}
		if short.Need != need(60) || !strings.HasSuffix(h.hint, want) {
			t.Errorf("room for %d images: %d bytes are needed, want %d; hint %q, want %q",
				fits, short.Need, need(60), h.hint, want)
		}
	}
	if err := tinyMemory(t, "60", need(60)).plan(60); err != nil {
		t.Errorf("what fits exactly is refused: %v", err)
	}
	var h hinted
	if err := tinyMemory(t, "60", 1000).plan(60); !errors.As(err, &h) ||
		!strings.HasPrefix(h.hint, "no batch fits") {
		t.Errorf("no room: error %v, hint %q", err, h.hint)
	}
}

// compiler counts what a device is to compile.
type compiler struct {
	backend.Backend
	programs int
}

func (c *compiler) CompileGraph(backend.Graph) (backend.Program, error) {
	c.programs++
	return nil, errors.New("it is only counted")
}

func (c *compiler) NewHome([]int) backend.Home { return nil }

func (c *compiler) Replicas() int { return 1 }

// A device takes minutes for each program.
func TestADeviceCompilesNothingForAdvice(t *testing.T) {
	c := &compiler{Backend: portable.New(1)}
	mem := tinyMemory(t, "60", 1<<30)
	mem.eng = engine.New(c)
	t.Cleanup(mem.eng.Close)
	err := mem.advise(&batchError{error: errors.New("short"), left: 1 << 20, need: 1 << 30})
	var h hinted
	if !errors.As(err, &h) || !strings.HasPrefix(h.hint, "a smaller train.batch_size") {
		t.Errorf("error %v with hint %q", err, h.hint)
	}
	if c.programs > 0 {
		t.Errorf("%d programs were compiled", c.programs)
	}
}

func TestAPlanThatDoesNotFitTakesNoMemory(t *testing.T) {
	mem := tinyMemory(t, "1024", 1<<20)
	before := machine.Resident()
	if err := mem.plan(1024); err == nil {
		t.Fatal("the step of 1024 images fits into a MiB")
	}
	if grown := machine.Resident() - before; grown > 200<<20 {
		t.Errorf("%d MiB were taken by a plan that was refused", grown>>20)
	}
}

func TestAStepThatDoesNotFitNamesSmallerBatchesOfTheSameStep(t *testing.T) {
	bytes, ok := tinyMemory(t, "60", 1<<40).need(25)
	if !ok {
		t.Fatal("25 images cannot be planned")
	}
	err := tinyMemory(t, "60", bytes+1000).plan(60)
	var h hinted
	want := "steps of as many images fit in smaller batches: --set train.batch_size=20 " +
		"--set train.accumulate=3; or this fits: --set train.batch_size=25"
	if !errors.As(err, &h) || h.hint != want {
		t.Errorf("error %v with hint\n%s\nwant\n%s", err, h.hint, want)
	}
}

// The figures are those of a training's tensors: two of AdamW beside each trained parameter, the
// sum of gradients, and an average that has the running statistics too.
func TestMemoryKnowsWhatATrainingKeeps(t *testing.T) {
	mem := tinyMemory(t, "4", 1<<40)
	var trained, all int64
	for _, p := range mem.model.Params() {
		all += 4 * int64(len(p.Data))
		if p.Kind.Trained() {
			trained += 4 * int64(len(p.Data))
		}
	}
	cfg := mem.rec.Train
	held, saving := cfg.Memory(mem.model.Params(), 1)
	if held != trained || saving != all+trained {
		t.Errorf("SGD: %d and %d bytes, want %d and %d", held, saving, trained, all+trained)
	}
	cfg.Optimizer.Name, cfg.Accumulate, cfg.EMA.Decay = train.UseAdamW, 2, 0.9
	held, saving = cfg.Memory(mem.model.Params(), 1)
	if held != 3*trained+all || saving != 2*all+2*trained {
		t.Errorf("all: %d and %d bytes, want %d and %d",
			held, saving, 3*trained+all, 2*all+2*trained)
	}
}

func TestMemoryKnowsOfMixingAndOfRepainting(t *testing.T) {
	const batch, image, pixels = 4, 3 * 64 * 64 * 4, 3 * 64 * 64
	mem := tinyMemory(t, "4", 1<<40)
	plain := mem.stepBytes(batch)
	mem.rec.Train.MixUp.Probability = 0.5
	if got := mem.stepBytes(batch) - plain; got != batch*image {
		t.Errorf("mixing takes %d bytes, want those of a batch, %d", got, batch*image)
	}
	mem.rec.Train.MixUp.Probability = 0
	mem.rec.Train.Workers, mem.rec.Data.Augment.RandAugment.NumOps = 3, 1
	if got := mem.stepBytes(batch) - plain; got != 3*2*pixels {
		t.Errorf("repainting takes %d bytes, want two images for each of 3 workers, %d",
			got, 3*2*pixels)
	}
}

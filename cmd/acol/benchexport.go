package main

import (
	"fmt"
	"path/filepath"

	"acol/internal/bench"
	"acol/internal/model"
	"acol/internal/run"
	"acol/internal/weights"
)

// outputsName is the file of a batch and what the network says of it.
const outputsName = "bench.safetensors"

// checkExport keeps an earlier run from being lost.
func checkExport(dir string) error {
	if dir == "" {
		return nil
	}
	return hintExport(run.Folder(dir).Free())
}

// hintExport adds to a folder that cannot be written into what to do about it.
func hintExport(err error) error {
	if err == nil {
		return nil
	}
	return hinted{err, "name another folder with --export"}
}

// export makes dir the folder of a run of the untrained model, and adds a batch of noise with its
// outputs.
func (b *benchSetup) export(dir string) error {
	b.model.Init(b.rec.Train.Seed) // the measured training has changed the weights
	classes := make([]string, b.model.Classes())
	for i := range classes {
		classes[i] = fmt.Sprintf("class %d", i)
	}
	if b.split != nil {
		classes = b.split.Classes
	}
	w := run.Folder(dir).Writer("bench", classes)
	defer w.Close()
	if err := w.Clear(); err != nil {
		return hintExport(err)
	}
	if err := run.Folder(dir).Save(b.rec, b.model, classes, nil); err != nil {
		return err
	}
	out := outputs{StateDict: weights.NewStateDict()}
	out.Metadata = map[string]string{"format": "pt"}
	if err := b.addOutputs(&out); err != nil {
		return fmt.Errorf("exporting to %s: %w", dir, err)
	}
	return weights.WriteSafetensorsFile(filepath.Join(dir, outputsName), out.StateDict)
}

// addOutputs runs a batch: image (N,3,H,W), labels (N), branches.<i>.logits (N,K) and
// branches.<i>.maps (N,h,w) of the network in inference, and loss, the sum of the branches' with
// batch norm in training.
func (b *benchSetup) addOutputs(out *outputs) error {
	n, size, k := b.rec.Train.BatchSize, b.rec.Data.Input.Size, b.model.Classes()
	x, labels := bench.Images(n, size, k)
	p, err := b.model.NewPredictor(b.eng, n, size, size)
	if err != nil {
		return err
	}
	if err := p.Images(x, n); err != nil {
		return err
	}
	preds, err := p.Localize(labels)
	if err != nil {
		return err
	}
	s, err := b.model.NewTrainStep(b.eng, n, size, size)
	if err != nil {
		return err
	}
	copy(s.X, x)
	if err := s.SetTargets(model.Labelled(labels...)); err != nil {
		return err
	}
	if err := s.Run(); err != nil {
		return err
	}
	out.add("image", x, n, 3, size, size)
	values := make([]float32, n)
	for i, l := range labels {
		values[i] = float32(l)
	}
	out.add("labels", values, n)
	out.add("loss", []float32{s.Loss()}, 1)
	h, w := p.MapSize()
	for i := range b.rec.Model.Branches.Kinds {
		var logits, maps []float32
		for _, q := range preds {
			logits = append(logits, q.Logits[i]...)
			for _, v := range q.Maps[i].V {
				maps = append(maps, float32(v))
			}
		}
		out.add(fmt.Sprintf("branches.%d.logits", i), logits, n, k)
		out.add(fmt.Sprintf("branches.%d.maps", i), maps, n, h, w)
	}
	return out.err
}

// outputs collects tensors; its error sticks.
type outputs struct {
	*weights.StateDict
	err error
}

func (o *outputs) add(name string, data []float32, shape ...int) {
	t, err := weights.FromFloat32s(shape, data)
	if err != nil && o.err == nil {
		o.err = fmt.Errorf("%s: %w", name, err)
	}
	o.Set(name, t)
}

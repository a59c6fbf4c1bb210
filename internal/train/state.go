package train

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"acol/internal/model"
	"acol/internal/weights"
)

// progress says where a training stands, and what the current epoch has summed up so far. There is
// no state of random numbers in it: order and augmentation are functions of seed, epoch and sample.
type progress struct {
	Version int    `json:"version"`
	Seed    uint64 `json:"seed"`
	Epoch   int    `json:"epoch"` // the one to go on with; counts from 0
	// Step is the step of the epoch to go on with. It is the number of steps where nothing but the
	// validation is left.
	Step int `json:"step"`
	// StepsPerEpoch is how a resumed training sees that data or the images of a step changed.
	StepsPerEpoch int `json:"steps_per_epoch"`
	// BatchSize and Accumulate are those of the steps so far; 0 in states from before they were
	// kept.
	BatchSize  int  `json:"batch_size,omitempty"`
	Accumulate int  `json:"accumulate,omitempty"`
	Sums       sums `json:"sums"`
	// Best is the highest value so far of the figure that selects the best checkpoint. BestEpoch,
	// which counts from 1, is the epoch that reached it; 0 before the first.
	Best      float64 `json:"best"`
	BestEpoch int     `json:"best_epoch"`
	BestBy    BestBy  `json:"best_by"` // Config.Best, by which Best was chosen
	// Optimizer is the rule that the training was updated by; "" is sgd, in states from before
	// there were others.
	Optimizer Rule `json:"optimizer,omitempty"`
}

// sums are the totals of an epoch over its steps so far.
type sums struct {
	Losses  []float64 `json:"losses"` // of each branch and SPG's, over steps
	Correct int       `json:"correct"`
	Images  int       `json:"images"`
	Skipped int       `json:"skipped"`
	Seconds float64   `json:"seconds"`
	Waited  float64   `json:"waited"`
}

const (
	stateVersion  = 1
	stateKey      = "acol_state"
	modelPrefix   = "model."
	averagePrefix = "ema."
)

// saveState saves everything that resuming needs: the parameters, what the optimiser keeps, the
// running average of the weights and the progress. They are the same on all ranks, of which the
// first saves them.
func (r *run) saveState() error {
	if r.World.Rank() > 0 {
		r.saved = time.Now()
		return nil
	}
	state := weights.NewStateDict()
	params, err := r.Model.State()
	if err != nil {
		return err
	}
	for _, name := range params.Names() {
		t, _ := params.Get(name)
		state.Set(modelPrefix+name, t)
	}
	kept := r.step.opt.kept()
	for i, tensors := range kept.tensors {
		if err := saveTensors(state, kept.names[i]+".", kept.params, tensors); err != nil {
			return err
		}
	}
	if r.step.average != nil {
		err := saveTensors(state, averagePrefix, r.step.average.params, r.step.average.values)
		if err != nil {
			return err
		}
	}
	at := r.at
	at.Version, at.Optimizer = stateVersion, r.Config.Optimizer.Name
	at.BatchSize, at.Accumulate = r.Config.BatchSize, r.Config.Accumulate
	text, err := json.Marshal(at)
	if err != nil {
		return err
	}
	state.Metadata = map[string]string{stateKey: string(text)}
	err = r.Store.SaveState(state)
	r.saved = time.Now()
	return err
}

// saveTensors saves a copy of the tensors beside parameters, each under the prefix and the
// parameter's name.
func saveTensors(
	state *weights.StateDict, prefix string, params []*model.Param, tensors [][]float32,
) error {
	for i, p := range params {
		t, err := weights.FromFloat32s(p.Shape, tensors[i])
		if err != nil {
			return err
		}
		state.Set(prefix+p.Name, t)
	}
	return nil
}

// loadState restores what saveState saved.
func (r *run) loadState() error {
	state, name, err := r.Store.LoadState()
	if err != nil {
		return err
	}
	if err := r.restore(state); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// restore puts a saved state into the model, the optimiser and the running average.
func (r *run) restore(state *weights.StateDict) error {
	text, ok := state.Metadata[stateKey]
	if !ok {
		return fmt.Errorf("not the state of a training: no %s in its metadata", stateKey)
	}
	r.at = progress{}
	if err := json.Unmarshal([]byte(text), &r.at); err != nil {
		return fmt.Errorf("reading its progress: %w", err)
	}
	if r.at.BestBy == "" { // of an earlier version of acol
		r.at.BestBy = ByAuto
	}
	if r.at.Version != stateVersion {
		return fmt.Errorf("version %d, want %d", r.at.Version, stateVersion)
	}
	if was, now := cmp.Or(r.at.Optimizer, UseSGD), r.Config.Optimizer.Name; was != now {
		return fmt.Errorf("it is of a training by %s, but train.optimizer.name is %s", was, now)
	}
	parts := apart(state)
	if err := r.Model.LoadAll(parts[modelPrefix]); err != nil {
		return err
	}
	done := r.at.Epoch*r.at.StepsPerEpoch + r.at.Step
	if err := r.step.opt.kept().restore(parts, done); err != nil {
		return err
	}
	return r.step.average.restore(parts[averagePrefix])
}

// apart takes the tensors of a state apart by their prefixes, each of which ends at the first dot.
func apart(state *weights.StateDict) map[string]*weights.StateDict {
	parts := map[string]*weights.StateDict{modelPrefix: weights.NewStateDict()}
	for _, name := range state.Names() {
		t, _ := state.Get(name)
		prefix, rest, _ := strings.Cut(name, ".")
		if parts[prefix+"."] == nil {
			parts[prefix+"."] = weights.NewStateDict()
		}
		parts[prefix+"."].Set(rest, t)
	}
	return parts
}

// restore takes the tensors of a state, in which a number of steps were done. None of a name means
// that its tensors begin anew.
func (k *kept) restore(parts map[string]*weights.StateDict, steps int) error {
	for _, name := range k.names {
		if parts[name+"."] == nil {
			return nil
		}
	}
	k.make() // in place, since a compiled step reads that memory
	for i, name := range k.names {
		if err := loadTensors(parts[name+"."], name, k.params, k.tensors[i]); err != nil {
			return err
		}
	}
	k.steps = steps
	return nil
}

// restore takes the average of a state; where it has none, the average begins with the weights.
func (a *Average) restore(saved *weights.StateDict) error {
	switch {
	case a == nil:
		return nil
	case saved != nil:
		return loadTensors(saved, "average", a.params, a.values)
	}
	for i, p := range a.params {
		copy(a.values[i], p.Data)
	}
	return nil
}

// loadTensors reads the tensors that stand beside parameters, by the parameters' names. what names
// them in errors.
func loadTensors(
	saved *weights.StateDict, what string, params []*model.Param, into [][]float32,
) error {
	if n := len(saved.Names()); n != len(params) {
		return fmt.Errorf("%s of %d parameters, want %d: "+
			"the recipe trains others than the saved one", what, n, len(params))
	}
	for i, p := range params {
		t, ok := saved.Get(p.Name)
		if !ok {
			return fmt.Errorf("no %s of %s: the recipe trains others than the saved one",
				what, p.Name)
		}
		v, err := t.Float32s()
		if err != nil {
			return fmt.Errorf("%s of %s: %w", what, p.Name, err)
		}
		if len(v) != len(p.Data) {
			return fmt.Errorf("%s of %s: %d values, want %d", what, p.Name, len(v), len(p.Data))
		}
		copy(into[i], v)
	}
	return nil
}

package train

import (
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
	// StepsPerEpoch is how a resumed training sees that data or batch size have changed.
	StepsPerEpoch int  `json:"steps_per_epoch"`
	Sums          sums `json:"sums"`
	// Best is the highest value so far of the figure that selects the best checkpoint. BestEpoch,
	// which counts from 1, is the epoch that reached it; 0 before the first.
	Best      float64 `json:"best"`
	BestEpoch int     `json:"best_epoch"`
	BestBy    BestBy  `json:"best_by"` // Config.Best, by which Best was chosen
}

// sums are the totals of an epoch over its steps so far.
type sums struct {
	Losses  []float64 `json:"losses"` // of each branch, over steps
	Correct int       `json:"correct"`
	Images  int       `json:"images"`
	Skipped int       `json:"skipped"`
	Seconds float64   `json:"seconds"`
	Waited  float64   `json:"waited"`
}

const (
	stateVersion   = 1
	stateKey       = "acol_state"
	modelPrefix    = "model."
	momentumPrefix = "momentum."
)

// saveState saves everything that resuming needs: the parameters, the momentum and the progress.
func (r *run) saveState() error {
	state := weights.NewStateDict()
	params, err := r.Model.State()
	if err != nil {
		return err
	}
	for _, name := range params.Names() {
		t, _ := params.Get(name)
		state.Set(modelPrefix+name, t)
	}
	for i, buf := range r.opt.buf {
		t, err := weights.FromFloat32s(r.opt.params[i].Shape, buf)
		if err != nil {
			return err
		}
		state.Set(momentumPrefix+r.opt.params[i].Name, t)
	}
	at := r.at
	at.Version = stateVersion
	text, err := json.Marshal(at)
	if err != nil {
		return err
	}
	state.Metadata = map[string]string{stateKey: string(text)}
	err = r.Store.SaveState(state)
	r.saved = time.Now()
	return err
}

// loadState restores what saveState saved.
func (r *run) loadState() error {
	state, name, err := r.Store.LoadState()
	if err != nil {
		return err
	}
	if r.at, err = restore(state, r.Model, r.opt); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// restore puts a saved state into the model and the optimiser.
func restore(state *weights.StateDict, m *model.Model, opt *SGD) (progress, error) {
	var p progress
	text, ok := state.Metadata[stateKey]
	if !ok {
		return p, fmt.Errorf("not the state of a training: no %s in its metadata", stateKey)
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, fmt.Errorf("reading its progress: %w", err)
	}
	if p.BestBy == "" { // of an earlier version of acol
		p.BestBy = ByAuto
	}
	if p.Version != stateVersion {
		return p, fmt.Errorf("version %d, want %d", p.Version, stateVersion)
	}
	params, buffers := weights.NewStateDict(), map[string]weights.Tensor{}
	for _, name := range state.Names() {
		t, _ := state.Get(name)
		if rest, ok := strings.CutPrefix(name, momentumPrefix); ok {
			buffers[rest] = t
			continue
		}
		params.Set(strings.TrimPrefix(name, modelPrefix), t)
	}
	if err := m.LoadAll(params); err != nil {
		return p, err
	}
	return p, opt.restore(buffers)
}

// restore takes momentum buffers by the parameters' names; none at all means
// that no step was done.
func (s *SGD) restore(buffers map[string]weights.Tensor) error {
	if len(buffers) == 0 {
		return nil
	}
	if len(buffers) != len(s.params) {
		return fmt.Errorf("momentum of %d parameters, want %d: "+
			"the recipe trains others than the saved one",
			len(buffers), len(s.params))
	}
	s.buf = make([][]float32, len(s.params))
	for i, p := range s.params {
		t, ok := buffers[p.Name]
		if !ok {
			return fmt.Errorf("no momentum of %s: the recipe trains others than the saved one", p.Name)
		}
		v, err := t.Float32s()
		if err != nil {
			return fmt.Errorf("momentum of %s: %w", p.Name, err)
		}
		if len(v) != len(p.Data) {
			return fmt.Errorf("momentum of %s: %d values, want %d", p.Name, len(v), len(p.Data))
		}
		s.buf[i] = v
	}
	return nil
}

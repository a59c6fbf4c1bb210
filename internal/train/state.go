package train

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"acol/internal/model"
	"acol/internal/weights"
)

// progress is where a training stands, with what the running epoch has summed
// so far. Order and augmentation are functions of seed, epoch and sample, so
// that this is all there is to the state of the random numbers.
type progress struct {
	Version int    `json:"version"`
	Seed    uint64 `json:"seed"`
	Epoch   int    `json:"epoch"` // the one to go on with, from 0
	Step    int    `json:"step"`  // within it; all of them where only the validation is left
	// StepsPerEpoch tells other data or batches from those of the start.
	StepsPerEpoch int  `json:"steps_per_epoch"`
	Sums          sums `json:"sums"`
	// Best is the highest value so far of what selects the best checkpoint, at
	// BestEpoch, from 1; 0 before the first.
	Best      float64 `json:"best"`
	BestEpoch int     `json:"best_epoch"`
}

// sums are an epoch's totals over its steps.
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

// saveState writes everything that resuming needs into one file, whole or not
// at all: the parameters, the momentum and the progress.
func saveState(path string, m *model.Model, opt *SGD, p progress) error {
	state := weights.NewStateDict()
	params, err := m.State()
	if err != nil {
		return err
	}
	for _, name := range params.Names() {
		t, _ := params.Get(name)
		state.Set(modelPrefix+name, t)
	}
	for i, buf := range opt.buf {
		t, err := weights.FromFloat32s(opt.params[i].Shape, buf)
		if err != nil {
			return err
		}
		state.Set(momentumPrefix+opt.params[i].Name, t)
	}
	p.Version = stateVersion
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	state.Metadata = map[string]string{stateKey: string(text)}
	return weights.WriteSafetensorsFile(path, state)
}

// loadState restores what saveState wrote.
func loadState(path string, m *model.Model, opt *SGD) (progress, error) {
	var p progress
	state, _, err := weights.Open(path)
	if err != nil {
		return p, err
	}
	text, ok := state.Metadata[stateKey]
	if !ok {
		return p, fmt.Errorf("%s: not the state of a training: no %s in its metadata", path, stateKey)
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, fmt.Errorf("%s: reading its progress: %w", path, err)
	}
	if p.Version != stateVersion {
		return p, fmt.Errorf("%s: version %d, want %d", path, p.Version, stateVersion)
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
		return p, fmt.Errorf("%s: %w", path, err)
	}
	if err := opt.restore(buffers); err != nil {
		return p, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// restore takes momentum buffers by the parameters' names; none at all means
// that no step was done.
func (s *SGD) restore(buffers map[string]weights.Tensor) error {
	if len(buffers) == 0 {
		return nil
	}
	if len(buffers) != len(s.params) {
		return fmt.Errorf("momentum of %d parameters, want %d: the recipe trains others than the saved one", len(buffers), len(s.params))
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

// Exists tells whether a run's folder holds a state to resume from.
func Exists(dir string) bool {
	_, err := os.Stat(statePath(dir))
	return err == nil
}

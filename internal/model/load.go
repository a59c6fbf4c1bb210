package model

import (
	"fmt"
	"slices"

	"acol/internal/weights"
)

// State copies the parameters and running statistics into a state dict, under
// the names of Params.
func (m *Model) State() (*weights.StateDict, error) {
	sd := weights.NewStateDict()
	for _, p := range m.store.params {
		t, err := weights.FromFloat32s(p.Shape, p.Data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		sd.Set(p.Name, t)
	}
	return sd, nil
}

// headNames are the parameters that a file of backbone weights lacks.
const headNames = "branches.*"

// LoadBackbone takes the backbone from a classifier's weights, in torchvision's
// names. It is strict but for the classifier, which is left out, the heads,
// which keep their values, and PyTorch's batch counters.
func (m *Model) LoadBackbone(sd *weights.StateDict) (weights.Report, error) {
	return m.load(sd, weights.DropRule{
		Unexpected: []string{"fc.*", "classifier.*", "*.num_batches_tracked"},
		Missing:    []string{headNames},
	})
}

// LoadAll takes every tensor from a checkpoint of this model.
func (m *Model) LoadAll(sd *weights.StateDict) error {
	_, err := m.load(sd, weights.DropRule{Unexpected: []string{"*.num_batches_tracked"}})
	return err
}

// load changes nothing unless everything fits.
func (m *Model) load(sd *weights.StateDict, rule weights.DropRule) (weights.Report, error) {
	want := make([]weights.Spec, len(m.store.params))
	for i, p := range m.store.params {
		want[i] = weights.Spec{Name: p.Name, Shape: p.Shape}
	}
	got, report, err := weights.Match(want, sd, rule)
	if err != nil {
		return report, err
	}
	values := make(map[string][]float32, got.Len())
	for _, name := range got.Names() {
		t, _ := got.Get(name)
		v, err := t.Float32s()
		if err != nil {
			return report, fmt.Errorf("%s: %w", name, err)
		}
		if i := slices.IndexFunc(v, func(x float32) bool { return x-x != 0 }); i >= 0 {
			return report, fmt.Errorf("%s: element %d is %v, want finite weights", name, i, v[i])
		}
		values[name] = v
	}
	for name, v := range values {
		copy(m.store.byName[name].Data, v)
	}
	return report, nil
}

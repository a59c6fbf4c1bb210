package model

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"acol/internal/parallel"
	"acol/internal/weights"
)

// State returns a copy of the parameters and running statistics, under the names of Params.
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

// LoadStart sets the parameters that a training starts from: the backbone of a classifier under
// torchvision's names or of a checkpoint of acol. Every tensor has to fit, with exceptions: the
// file may have a classifier, PyTorch's batch counters, the stages that the recipe cuts off, and
// tensors that its published network has beside; and it may lack the heads. With heads, LoadStart
// takes those of the file that the model has in the same shape; all other heads keep their values.
// The report lists what was left out and what was missing.
func (m *Model) LoadStart(sd *weights.StateDict, heads bool) (weights.Report, error) {
	rule := weights.DropRule{
		Unexpected: []string{"fc.*", "classifier.*", "*.num_batches_tracked"},
		Missing:    []string{"branches.*", "spg.*"},
	}
	cut, err := m.cutOff()
	if err != nil {
		return weights.Report{}, err
	}
	arch, _ := findArchitecture(m.cfg.Backbone.Arch)
	rule.Unexpected = append(append(rule.Unexpected, cut...), arch.extra...)
	fits := weights.NewStateDict()
	var left []string
	for _, name := range sd.Names() {
		t, _ := sd.Get(name)
		head := strings.HasPrefix(name, "branches.") || strings.HasPrefix(name, "spg.")
		if head && (!heads || !m.hasHead(name, t.Shape)) {
			left = append(left, name)
			continue
		}
		fits.Set(name, t)
	}
	report, err := m.load(fits, rule)
	report.Dropped = append(report.Dropped, left...)
	return report, err
}

// hasHead reports whether the model has a head's parameter of that name and shape.
func (m *Model) hasHead(name string, shape []int) bool {
	p := m.store.byName[name]
	return p != nil && slices.Equal(p.Shape, shape)
}

// cutOff lists the names of the parameters of the stages that the recipe cuts off.
func (m *Model) cutOff() ([]string, error) {
	if m.cfg.Backbone.Stages == 0 {
		return nil, nil
	}
	cfg := m.cfg
	cfg.Backbone.Stages = 0
	whole, err := New(cfg, m.classes)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range whole.Params() {
		if m.store.byName[p.Name] == nil {
			names = append(names, p.Name)
		}
	}
	return names, nil
}

// LoadAll sets every parameter from a checkpoint of this model. The checkpoint may also have
// PyTorch's batch counters and the tensors that the published network of the architecture has
// beside, such as auxiliary classifiers.
func (m *Model) LoadAll(sd *weights.StateDict) error {
	arch, _ := findArchitecture(m.cfg.Backbone.Arch)
	also := append([]string{"*.num_batches_tracked"}, arch.extra...)
	_, err := m.load(sd, weights.DropRule{Unexpected: also})
	return err
}

// load sets the parameters from a state dict. It changes nothing unless everything fits.
func (m *Model) load(sd *weights.StateDict, rule weights.DropRule) (weights.Report, error) {
	want := make([]weights.Spec, len(m.store.params))
	for i, p := range m.store.params {
		want[i] = weights.Spec{Name: p.Name, Shape: p.Shape}
	}
	got, report, err := weights.Match(want, sd, rule)
	if err != nil {
		return report, err
	}
	names := got.Names()
	err = inParallel(len(names), func(i int) error {
		t, _ := got.Get(names[i])
		if !t.DType.Float() {
			return fmt.Errorf("%s: dtype %s, want floating-point weights", names[i], t.DType)
		}
		if at := t.NotFinite(); at >= 0 {
			v, err := t.Float32s()
			if err != nil {
				return fmt.Errorf("%s: %w", names[i], err)
			}
			return fmt.Errorf("%s: element %d is %v, want finite weights", names[i], at, v[at])
		}
		return nil
	})
	if err != nil {
		return report, err
	}
	err = inParallel(len(names), func(i int) error {
		t, _ := got.Get(names[i])
		if err := t.CopyFloat32s(m.store.byName[names[i]].Data); err != nil {
			return fmt.Errorf("%s: %w", names[i], err)
		}
		return nil
	})
	if err != nil {
		return report, err
	}
	m.Changed()
	return report, nil
}

// inParallel calls f(i) for every i in [0,n) on all processors and returns the error of the least i
// that has one.
func inParallel(n int, f func(i int) error) error {
	errs := make([]error, n)
	parallel.Each(runtime.GOMAXPROCS(0), n, func(i int) { errs[i] = f(i) })
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

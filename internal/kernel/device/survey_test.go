package device_test

import (
	"os"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device"
	"acol/internal/kernel/suite"
)

// scaled computes all graphs as another backend does, but makes one kind of Spec wrong.
type scaled struct {
	*device.Backend
	kind string
}

func (s scaled) CompileGraph(g backend.Graph) (backend.Program, error) {
	p, err := s.Backend.CompileGraph(g)
	return scaledProgram{p, kernel.Kind(g.Nodes[g.Outputs[0]].Spec) == s.kind}, err
}

type scaledProgram struct {
	backend.Program
	wrong bool
}

func (p scaledProgram) Finish(out [][]float32) error {
	err := p.Program.Finish(out)
	if p.wrong {
		out[0][0] *= 1.01
	}
	return err
}

func TestASurveyFindsWhatADeviceComputesOtherwise(t *testing.T) {
	if os.Getenv("ACOL_DEVICE") == "" {
		t.Skip("make device-test surveys a device, which takes XLA a minute")
	}
	kinds := 0
	b := scaled{open(t, backend.FP32), "Conv"}
	err := suite.Survey(t.Context(), b, func(done, of int, s suite.Surveyed) {
		if kinds++; done != kinds || of < 40 || s.Cases < 1 || s.OK() == (s.Kind == "Conv") {
			t.Errorf("%d, %d of %d: %+v", kinds, done, of, s)
		}
	})
	if err != nil || kinds < 40 {
		t.Errorf("%d kinds: %v", kinds, err)
	}
}

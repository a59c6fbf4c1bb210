package model_test

import (
	"errors"
	"strings"
	"testing"

	"acol/internal/engine/enginetest"
	"acol/internal/kernel/backend"
	"acol/internal/model"
)

func TestAClassifierWithoutMapsIsNeitherCAMNorTrained(t *testing.T) {
	g := layerMapsGolden{Network: "vgg11", Width: 0.125, Own: 8, Logits: [][]float64{make([]float64, 5)}}
	m := g.model(t)
	e := enginetest.Open(t, backend.Options{Kernels: "portable", Threads: 1})
	var none *model.NoMapsError
	if _, err := m.NewMapMaker(e, model.MapSource{}, square(224)); !errors.As(err, &none) {
		t.Errorf("its CAM: %v", err)
	}
	if _, err := m.NewTrainStep(e, 2, 224, 224); !errors.As(err, &none) {
		t.Errorf("its training: %v", err)
	}
	gradcam := model.MapSource{Method: model.GradCAM}
	if _, err := m.NewMapMaker(e, gradcam, square(192)); err == nil ||
		!strings.Contains(err.Error(), "data.input.size is a multiple of 224") {
		t.Errorf("an input that it cannot read: %v", err)
	}
}

func TestARecipeCannotNameTheHeadOfAPublishedClassifier(t *testing.T) {
	cfg := model.DefaultConfig()
	cfg.Branches.Head = model.OwnHead
	var said []string
	cfg.Validate(func(key, msg string) { said = append(said, key+": "+msg) })
	if len(said) != 1 || !strings.HasPrefix(said[0], `branches.head: "own" is not one of linear`) {
		t.Errorf("said %q", said)
	}
}

func TestALayerThatIsNotThereIsNamedWithTheNearest(t *testing.T) {
	c, err := model.FindClassifier("resnet18")
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.New(c.Config, 2)
	if err != nil {
		t.Fatal(err)
	}
	var missing *model.LayerError
	_, err = m.FindMapLayer("layr4")
	if !errors.As(err, &missing) || missing.Nearest != "layer4" || len(missing.Layers) != 16 {
		t.Errorf("%v: %+v", err, missing)
	}
	if got, err := m.FindMapLayer(""); got != "layer4" || err != nil {
		t.Errorf("the last layer is %q, %v", got, err)
	}
}

// square is one image of side x side pixels.
func square(side int) model.Input { return model.Input{Batch: 1, Height: side, Width: side} }

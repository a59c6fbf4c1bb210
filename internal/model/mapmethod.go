package model

import (
	"fmt"

	"acol/internal/brief"
	"acol/internal/choice"
	"acol/internal/data/pixels"
	"acol/internal/engine"
	"acol/internal/section"
)

// MapMethod names a way of making the map of a class.
type MapMethod string

// The methods.
const (
	// CAM reads the maps that the heads make.
	CAM MapMethod = "cam"
	// GradCAM weighs each channel of a layer by the mean of its gradient (Selvaraju et al. 2017,
	// arXiv 1610.02391).
	GradCAM MapMethod = "gradcam"
	// GradCAMPlusPlus weighs the positive gradients of a channel by their higher derivatives
	// (Chattopadhay et al. 2018, arXiv 1710.11063, equation 19).
	GradCAMPlusPlus MapMethod = "gradcam++"
	// LayerCAM weighs each value by its own positive gradient (Jiang et al. 2021, LayerCAM:
	// Exploring Hierarchical Class Activation Maps, IEEE TIP).
	LayerCAM MapMethod = "layercam"
	// XGradCAM weighs each channel by the mean of its gradient over the channel's own values (Fu et
	// al. 2020, arXiv 2008.02312).
	XGradCAM MapMethod = "xgradcam"
	// ScoreCAM weighs each channel by the logit of the image under the channel as a mask (Wang et
	// al. 2020, arXiv 1910.01279).
	ScoreCAM MapMethod = "scorecam"
)

// Choices lists the methods.
func (MapMethod) Choices() []string {
	return []string{
		string(CAM), string(GradCAM), string(GradCAMPlusPlus), string(LayerCAM), string(XGradCAM),
		string(ScoreCAM),
	}
}

// MapSource says where the map of a class comes from. The zero value is CAM.
type MapSource struct {
	Method MapMethod
	// Layer is one of MapLayers; empty is the backbone's last. CAM has none.
	Layer string
}

// IsCAM reports whether the maps are those of the heads.
func (s MapSource) IsCAM() bool { return s.Method == CAM || s.Method == "" }

// DefaultRule is the rule by which such maps are cut where val chose no threshold. docs/maps.md has
// the figures that chose it.
func (s MapSource) DefaultRule() section.Threshold {
	if s.IsCAM() {
		return section.DefaultRule
	}
	return section.RaisedMean
}

// String names the source for people: cam, or layercam at layer3.
func (s MapSource) String() string {
	switch {
	case s.IsCAM():
		return string(CAM)
	case s.Layer == "":
		return string(s.Method)
	}
	return fmt.Sprintf("%s at %s", s.Method, s.Layer)
}

// Validate reports under the key method what is wrong. Whether a network has the layer is known to
// FindMapLayer alone.
func (s MapSource) Validate(bad func(key, msg string)) {
	choice.Report(bad, "method", s.Method)
	if s.Layer != "" && s.IsCAM() {
		bad("method", fmt.Sprintf("cam reads the maps of the heads, and of no layer %s: "+
			"set a method that does, such as gradcam or layercam", brief.Quote(s.Layer)))
	}
}

// MapMaker makes maps of images. It is not safe for concurrent use.
type MapMaker interface {
	// Batch returns how many images one call takes at most.
	Batch() int
	// Images shows n images to the network, x (n,3,H,W) float32, normalised as in training. The
	// other methods are about these images until the next call.
	Images(x []float32, n int) error
	// See is Images of the first n of inputs, which are bytes where Input.Norm is not nil.
	See(in pixels.Inputs, n int) error
	// Classify returns the logits of the first branch for each image, K each.
	Classify() ([][]float32, error)
	// Localize returns a prediction for each image, with the map of one class of it.
	Localize(classes []int) ([]Prediction, error)
}

// NewMapMaker compiles a model for batches of images. With CAM it is a Predictor.
// With the other methods a Prediction has the logits and the map of the first branch alone, the
// only one that depends on no label. A layer that the network lacks is a *LayerError.
func (m *Model) NewMapMaker(e *engine.Engine, s MapSource, in Input) (MapMaker, error) {
	if s.IsCAM() {
		return m.PredictorOf(e, in)
	}
	return m.newLayerMaps(e, s, in)
}

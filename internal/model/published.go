package model

// PublishedWeights tells whether Weights names ImageNet weights that torchvision publishes: imagenet, version "", or imagenet-v2, version "-v2",
// the weights of torchvision's second training recipe.
func (b Backbone) PublishedWeights() (version string, ok bool) {
	switch b.Weights {
	case "imagenet":
		return "", true
	case "imagenet-v2":
		return "-v2", true
	}
	return "", false
}

// PublishedStructure tells whether torchvision publishes weights of this structure: not of other widths, and not of Caffe's GoogLeNet.
func (b Backbone) PublishedStructure() bool { return b.Width == 1 && b.Variant != "bvlc" }

// PublishedScale is the mean and deviation of the input that torchvision's published weights of the backbone want: those of ImageNet, but of
// Inception and GoogLeNet, which were trained in TensorFlow, a half. torchvision's inception_v3 and googlenet set transform_input where they
// load weights, which turns an input of ImageNet's scale into that one; without weights they leave it as it is, and so do all its other
// networks (torchvision/models/googlenet.py and inception.py, release 0.29).
func (b Backbone) PublishedScale() (mean, std []float64) {
	if a, _ := findArchitecture(b.Arch); a.halfScale {
		return []float64{0.5, 0.5, 0.5}, []float64{0.5, 0.5, 0.5}
	}
	return imageNetScale()
}

// UsualScale is the mean and deviation of the input that is meant where nobody says: that of the published weights for torchvision's own
// structures, ImageNet's for others. wsolevaluation starts its Inception from torchvision's weights, but on ImageNet's scale.
func (b Backbone) UsualScale() (mean, std []float64) {
	if b.Variant == "" || b.Variant == torchvision {
		return b.PublishedScale()
	}
	return imageNetScale()
}

func imageNetScale() (mean, std []float64) {
	return []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}
}

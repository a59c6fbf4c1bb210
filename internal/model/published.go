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
// Inception and GoogLeNet, which were trained in TensorFlow, a half (torchvision's transform_input).
func (b Backbone) PublishedScale() (mean, std []float64) {
	if b.Arch == "googlenet" || b.Arch == "inception" {
		return []float64{0.5, 0.5, 0.5}, []float64{0.5, 0.5, 0.5}
	}
	return []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}
}

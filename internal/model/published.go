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

// Package weights reads and writes a network's parameters: named tensors (a state dict) in safetensors files, and in the .pth files that
// PyTorch writes (all three formats that it has had), which it reads without running any of the code that such a file may ask for.
//
// Names follow torchvision (features.0.weight, layer4.2.conv3.weight). Convolution weights have axes (out, in, height, width).
package weights

import "slices"

// StateDict is a list of named tensors in the order in which they were set.
type StateDict struct {
	// Metadata is free text that a safetensors file carries. Of a .pth checkpoint it holds the numbers and texts beside the tensors.
	Metadata map[string]string

	names   []string
	tensors map[string]Tensor
}

// NewStateDict returns an empty state dict.
func NewStateDict() *StateDict {
	return &StateDict{Metadata: map[string]string{}, tensors: map[string]Tensor{}}
}

// Names returns the names in order.
func (d *StateDict) Names() []string { return slices.Clone(d.names) }

// Len is the number of tensors.
func (d *StateDict) Len() int { return len(d.names) }

// Get returns the tensor called name. It shares memory with the state dict.
func (d *StateDict) Get(name string) (Tensor, bool) {
	t, ok := d.tensors[name]
	return t, ok
}

// Set puts t under name: at the end, or in the place of the tensor that had that name. t is not copied.
func (d *StateDict) Set(name string, t Tensor) {
	if _, ok := d.tensors[name]; !ok {
		d.names = append(d.names, name)
	}
	d.tensors[name] = t
}

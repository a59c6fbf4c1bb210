// Package weights reads and writes the parameters of networks: named tensors, a state dict, in
// safetensors files. It also reads the .pth files of PyTorch in all three formats that those have
// had, without running any of the code that such a file may ask for. Scheme and Canonical give
// tensors that another program named the names of acol.
//
// Names follow torchvision (features.0.weight, layer4.2.conv3.weight). Convolution weights have
// axes (out, in, height, width).
package weights

import (
	"fmt"
	"maps"
	"slices"
)

// StateDict is a list of named tensors in the order in which they were set.
type StateDict struct {
	// Metadata is free text that a safetensors file carries. For a .pth checkpoint it holds the
	// numbers and texts beside the tensors.
	Metadata map[string]string

	names   []string
	tensors map[string]Tensor
	unread  map[string]DType
}

// NewStateDict returns an empty state dict.
func NewStateDict() *StateDict {
	return &StateDict{
		Metadata: map[string]string{}, tensors: map[string]Tensor{}, unread: map[string]DType{},
	}
}

// Names returns the names in order.
func (d *StateDict) Names() []string { return slices.Clone(d.names) }

// Len returns the number of tensors.
func (d *StateDict) Len() int { return len(d.names) }

// Unread names the tensors of the file, in the order of their names, that are not in d because
// this package does not read elements of their types. A type follows each name: "scale (F8_E4M3)".
func (d *StateDict) Unread() []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(d.unread)) {
		list = append(list, fmt.Sprintf("%s (%s)", quote(name), quote(string(d.unread[name]))))
	}
	return list
}

// Get returns the tensor of that name. It shares memory with the state dict.
func (d *StateDict) Get(name string) (Tensor, bool) {
	t, ok := d.tensors[name]
	return t, ok
}

// Set puts t under a name: at the end, or in the place of the tensor that had that name. t is not
// copied.
func (d *StateDict) Set(name string, t Tensor) {
	if _, ok := d.tensors[name]; !ok {
		d.names = append(d.names, name)
	}
	d.tensors[name] = t
}

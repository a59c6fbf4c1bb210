package device

import (
	"errors"
	"fmt"
	"slices"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// meet tries, where a name has several devices, that they are of one kind and can add up values. A
// plugin or a library that cannot do it would be found out late else, after minutes of compiling.
func (b *Backend) meet(n Name) error {
	if len(b.devices) < 2 {
		return nil
	}
	for _, d := range b.devices[1:] {
		if first := b.devices[0]; d.Kind != first.Kind {
			return &Error{Wrong: true, Advice: "name devices of one kind",
				Text: fmt.Sprintf("%s: one device is %s and another %s", n, first.Kind, d.Kind)}
		}
	}
	err := b.addUp()
	if errors.As(err, new(*Error)) { // too little memory, which says so
		return err
	}
	if err != nil {
		one, _ := n.For(0, n.Count()) // of as many processes each has one
		return &Error{Err: err, Advice: fmt.Sprintf("name one of them: %s", one),
			Text: fmt.Sprintf("%s: these devices cannot add up values: %v", n, err)}
	}
	return nil
}

// addUp has every device add its own number, from 1, to those of all.
func (b *Backend) addUp() error {
	devices := len(b.devices)
	p, err := b.CompileGraph(backend.Graph{
		Replicas: devices,
		Nodes: []backend.GraphNode{
			{Shape: []int{1}, Split: true},
			{Shape: []int{1}, Split: true, In: []int{0},
				Spec: kernel.PartSum{Tensor: kernel.NewTensor([]int{1})}},
		},
		Outputs: []int{1},
	})
	if err != nil {
		return err
	}
	own, sums := make([]float32, devices), make([]float32, devices)
	for i := range own {
		own[i] = float32(i + 1)
	}
	err = backend.Run(p, [][]float32{sums}, [][]float32{own}, true)
	if err := errors.Join(err, p.Close()); err != nil {
		return err
	}
	want := slices.Repeat([]float32{float32(devices*(devices+1)) / 2}, devices)
	if !slices.Equal(sums, want) {
		return fmt.Errorf("their sums are %v, want %v", sums, want)
	}
	return nil
}

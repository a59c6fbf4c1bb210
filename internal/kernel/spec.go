// Package kernel is the language in which acol states computations. A Spec gives the mathematics
// of one computation over logical shapes: what its inputs and its output are, what it requires of
// them and what it costs. A Spec says nothing of memory layouts, number formats or instruction
// sets; those belong to the backends (package backend), which compile Specs and differ in results
// by rounding alone.
package kernel

import "fmt"

// Spec is one computation: logical shapes and attributes, no layouts. Activations are (N,C,H,W),
// weights of convolutions (O,I/groups,KH,KW), all float32 but what ReadsBytes names. Specs are
// comparable values whose %T%+v form is unique, so that it can serve as a hash.
//
// A Spec with attributes that can be wrong also has a method Validate() error; see Check.
type Spec interface {
	// In gives the logical shapes of the inputs. A scalar has an empty shape.
	In() [][]int
	// Out gives the logical shape of the output.
	Out() []int
}

// Shape4 is a logical shape of four axes: (N,C,H,W) or (O,I,KH,KW).
type Shape4 [4]int

func (s Shape4) slice() []int { return []int{s[0], s[1], s[2], s[3]} }

// Size is the number of elements.
func (s Shape4) Size() int { return s[0] * s[1] * s[2] * s[3] }

// Elements is the number of elements of a shape; that of a scalar is 1.
func Elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Check reports what makes a Spec impossible to compute: attributes out of range, or an input or
// output without elements.
func Check(s Spec) error {
	if v, ok := s.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return err
		}
	}
	for _, shape := range append(s.In(), s.Out()) {
		for _, d := range shape {
			if d <= 0 {
				return fmt.Errorf("compiling %T %+v: shape %v is empty", s, s, shape)
			}
		}
	}
	return nil
}

package kernel

import (
	"fmt"
	"strings"
)

// FLOPs counts the multiplications and additions of a convolution, forward or either backward,
// fused or not: 2*N*O*OH*OW*(C/Groups)*KH*KW. It is the count of the direct method, positions in
// the padding included, whatever algorithm computes. Every other Spec counts 0: its time goes into
// moving memory, see Bytes.
func FLOPs(s Spec) int64 {
	c, ok := s.(interface { // whatever embeds a ConvGeom
		Weights() Shape4
		Y() Shape4
	})
	if !ok {
		return 0
	}
	w := c.Weights()
	return 2 * int64(c.Y().Size()) * int64(w[1]*w[2]*w[3])
}

// Bytes is the size of a computation's inputs and output: the least that it moves through memory
// where nothing stays in a cache.
func Bytes(s Spec) int64 {
	var n int64
	for i, shape := range append(s.In(), s.Out()) {
		size := int64(4)
		if ReadsBytes(s, i) {
			size = 1
		}
		n += size * int64(Elements(shape))
	}
	return n
}

// Kind names what a Spec computes: the name of its type without the package, such as ConvBackData,
// or of a Curve that of its function, such as SiLU and SiLUBack.
func Kind(s Spec) string {
	if k, ok := s.(interface{ Kind() string }); ok {
		return k.Kind()
	}
	name := fmt.Sprintf("%T", s)
	return name[strings.LastIndexByte(name, '.')+1:]
}

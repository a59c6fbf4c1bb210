package onnx

import (
	"math"
	"slices"
	"testing"
)

// run evaluates a parsed file as ONNX's operator documents say, slowly and with nothing of acol's
// kernels.
func (p *parsed) run(t *testing.T, inputs map[string]array) map[string]array {
	t.Helper()
	values := map[string]array{}
	for name, a := range p.inits {
		values[name] = a
	}
	for name, a := range inputs {
		values[name] = a
	}
	for _, n := range p.nodes {
		var in []array
		for _, name := range n.in {
			a, ok := values[name]
			if !ok {
				t.Fatalf("%s reads %s, which nothing before it writes", n.op, name)
			}
			in = append(in, a)
		}
		if _, twice := values[n.out[0]]; twice {
			t.Fatalf("%s is written twice", n.out[0])
		}
		values[n.out[0]] = n.run(t, in)
	}
	return values
}

func (n parsedNode) run(t *testing.T, in []array) array {
	t.Helper()
	unary := func(f func(x float64) float64) array {
		return broadcast(func(v []float64) float64 { return f(v[0]) }, in[0])
	}
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	all := func(f func(v []float64) float64) array { return broadcast(f, in...) }
	switch n.op {
	case "Conv":
		return n.conv(in)
	case "MaxPool", "AveragePool":
		return n.pool(in[0])
	case "Relu":
		return unary(func(x float64) float64 { return math.Max(x, 0) })
	case "Sigmoid":
		return unary(func(x float64) float64 { return 1 / (1 + math.Exp(-x)) })
	case "Erf":
		return unary(math.Erf)
	case "IsNaN":
		return unary(func(x float64) float64 { return truth(math.IsNaN(x)) })
	case "IsInf":
		return unary(func(x float64) float64 { return truth(math.IsInf(x, 0)) })
	case "Cast", "Identity":
		return in[0]
	case "Clip":
		return all(func(v []float64) float64 { return min(max(v[0], v[1]), v[2]) })
	case "Add":
		return all(func(v []float64) float64 { return v[0] + v[1] })
	case "Sub":
		return all(func(v []float64) float64 { return v[0] - v[1] })
	case "Mul":
		return all(func(v []float64) float64 { return v[0] * v[1] })
	case "Div":
		return all(func(v []float64) float64 { return v[0] / v[1] })
	case "Max":
		return all(slices.Max[[]float64])
	case "Greater":
		return all(func(v []float64) float64 { return truth(v[0] > v[1]) })
	case "GreaterOrEqual":
		return all(func(v []float64) float64 { return truth(v[0] >= v[1]) })
	case "Less":
		return all(func(v []float64) float64 { return truth(v[0] < v[1]) })
	case "Or":
		return all(func(v []float64) float64 { return truth(v[0] != 0 || v[1] != 0) })
	case "And":
		return all(func(v []float64) float64 { return truth(v[0] != 0 && v[1] != 0) })
	case "Where":
		return all(func(v []float64) float64 {
			if v[0] != 0 {
				return v[1]
			}
			return v[2]
		})
	case "BatchNormalization":
		var channels []array
		for _, c := range in[1:] {
			channels = append(channels, array{[]int{c.shape[0], 1, 1}, c.data})
		}
		eps := float64(n.floats["epsilon"])
		return broadcast(func(v []float64) float64 { return (v[0]-v[3])/math.Sqrt(v[4]+eps)*v[1] + v[2] }, append([]array{in[0]}, channels...)...)
	}
	return n.shapes(t, in)
}

// shapes runs the operators that move, pick or reduce.
func (n parsedNode) shapes(t *testing.T, in []array) array {
	t.Helper()
	x := in[0]
	switch n.op {
	case "Unsqueeze":
		return array{slices.Insert(slices.Clone(x.shape), int(in[1].data[0]), 1), x.data}
	case "Squeeze":
		at := int(in[1].data[0])
		if x.shape[at] != 1 {
			t.Fatalf("squeezing axis %d of %v", at, x.shape)
		}
		return array{slices.Delete(slices.Clone(x.shape), at, at+1), x.data}
	case "Flatten":
		return array{[]int{x.shape[0], size(x.shape[1:])}, x.data}
	case "GlobalAveragePool":
		return reduce(x, 2, func(v []float32) float64 {
			sum := 0.0
			for _, f := range v {
				sum += float64(f)
			}
			return sum / float64(len(v))
		}, []int{1, 1})
	case "ReduceMax":
		return reduce(x, 1, func(v []float32) float64 { return float64(slices.Max(v)) }, []int{1, 1})
	case "ReduceMin":
		return reduce(x, 1, func(v []float32) float64 { return float64(slices.Min(v)) }, []int{1, 1})
	case "ArgMax":
		return reduce(x, 1, func(v []float32) float64 { return float64(slices.Index(v, slices.Max(v))) }, nil)
	case "GatherND": // with batch_dims 1: a slice of each image
		each := size(x.shape[2:])
		out := array{shape: append([]int{x.shape[0]}, x.shape[2:]...)}
		for i := range x.shape[0] {
			out.data = append(out.data, x.data[(i*x.shape[1]+int(in[1].data[i]))*each:][:each]...)
		}
		return out
	case "Concat":
		out := array{shape: slices.Clone(x.shape)}
		out.shape[1] = 0
		for _, a := range in {
			out.shape[1] += a.shape[1]
		}
		for i := range x.shape[0] {
			for _, a := range in {
				each := size(a.shape[1:])
				out.data = append(out.data, a.data[i*each:][:each]...)
			}
		}
		return out
	case "LRN":
		return n.lrn(x)
	case "Transpose":
		return transpose(x, n.ints["perm"])
	case "LayerNormalization": // of the last axis
		return n.layerNorm(in)
	}
	t.Fatalf("operator %s is not one that the test knows", n.op)
	return array{}
}

// reduce runs f over all axes from keep on and puts tail in their place.
func reduce(x array, keep int, f func([]float32) float64, tail []int) array {
	each := size(x.shape[keep:])
	out := array{shape: append(slices.Clone(x.shape[:keep]), tail...)}
	for i := 0; i < len(x.data); i += each {
		out.data = append(out.data, float32(f(x.data[i:][:each])))
	}
	return out
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// broadcast runs f on elements that correspond, axes aligned from behind.
func broadcast(f func(v []float64) float64, in ...array) array {
	rank := 0
	for _, a := range in {
		rank = max(rank, len(a.shape))
	}
	shape := slices.Repeat([]int{1}, rank)
	for _, a := range in {
		for i, d := range a.shape {
			at := rank - len(a.shape) + i
			shape[at] = max(shape[at], d)
		}
	}
	out := array{shape, make([]float32, size(shape))}
	index, v := make([]int, rank), make([]float64, len(in))
	for k := range out.data {
		for rest, i := k, rank-1; i >= 0; i-- {
			index[i], rest = rest%shape[i], rest/shape[i]
		}
		for j, a := range in {
			at := 0
			for i, d := range a.shape {
				at *= d
				if d > 1 {
					at += index[rank-len(a.shape)+i]
				}
			}
			v[j] = float64(a.data[at])
		}
		out.data[k] = float32(f(v))
	}
	return out
}

// windows calls f for every position under each output's window; inside tells padding from the
// input.
func (n parsedNode) windows(x array, kh, kw int, each func(img, oh, ow int, f func(visit func(kh, kw, h, w int, inside bool)))) (oh, ow int) {
	s, p, d := n.ints["strides"], n.ints["pads"], n.ints["dilations"]
	if d == nil {
		d = []int{1, 1}
	}
	oh = (x.shape[2]+p[0]+p[2]-d[0]*(kh-1)-1)/s[0] + 1
	ow = (x.shape[3]+p[1]+p[3]-d[1]*(kw-1)-1)/s[1] + 1
	for img := range x.shape[0] {
		for i := range oh {
			for j := range ow {
				each(img, i, j, func(visit func(kh, kw, h, w int, inside bool)) {
					for a := range kh {
						for b := range kw {
							h, w := i*s[0]-p[0]+a*d[0], j*s[1]-p[1]+b*d[1]
							visit(a, b, h, w, h >= 0 && h < x.shape[2] && w >= 0 && w < x.shape[3])
						}
					}
				})
			}
		}
	}
	return oh, ow
}

func (n parsedNode) conv(in []array) array {
	x, w := in[0], in[1]
	c, h, wd := x.shape[1], x.shape[2], x.shape[3]
	o, group := w.shape[0], n.ints["group"][0]
	cg := c / group
	var out array
	var rows []float32
	oh, ow := n.windows(x, w.shape[2], w.shape[3], func(img, i, j int, f func(func(a, b, y, z int, inside bool))) {
		for k := range o {
			sum := 0.0
			if len(in) == 3 {
				sum = float64(in[2].data[k])
			}
			f(func(a, b, y, z int, inside bool) {
				if !inside {
					return
				}
				for q := range cg {
					from := ((img*c+k/(o/group)*cg+q)*h+y)*wd + z
					sum += float64(x.data[from]) * float64(w.data[((k*cg+q)*w.shape[2]+a)*w.shape[3]+b])
				}
			})
			rows = append(rows, float32(sum))
		}
	})
	out.shape = []int{x.shape[0], o, oh, ow}
	out.data = make([]float32, len(rows))
	for i, v := range rows { // rows are (N,OH,OW,O)
		img, at, k := i/(oh*ow*o), i/o%(oh*ow), i%o
		out.data[(img*o+k)*oh*ow+at] = v
	}
	return out
}

func (n parsedNode) pool(x array) array {
	k, c := n.ints["kernel_shape"], x.shape[1]
	var rows []float32
	oh, ow := n.windows(x, k[0], k[1], func(img, _, _ int, f func(func(a, b, y, z int, inside bool))) {
		for q := range c {
			best, sum := math.Inf(-1), 0.0
			f(func(_, _, y, z int, inside bool) {
				if inside {
					v := float64(x.data[((img*c+q)*x.shape[2]+y)*x.shape[3]+z])
					best, sum = max(best, v), sum+v
				}
			})
			if n.op == "AveragePool" {
				best = sum / float64(k[0]*k[1])
			}
			rows = append(rows, float32(best))
		}
	})
	out := array{[]int{x.shape[0], c, oh, ow}, make([]float32, len(rows))}
	for i, v := range rows {
		img, at, q := i/(oh*ow*c), i/c%(oh*ow), i%c
		out.data[(img*c+q)*oh*ow+at] = v
	}
	return out
}

func (n parsedNode) lrn(x array) array {
	out := array{x.shape, make([]float32, len(x.data))}
	c, hw, width := x.shape[1], x.shape[2]*x.shape[3], n.ints["size"][0]
	for i := range x.data {
		k, sum := i/hw%c, 0.0
		for j := max(0, k-(width-1)/2); j <= min(c-1, k+width/2); j++ {
			v := float64(x.data[i+(j-k)*hw])
			sum += v * v
		}
		s := float64(n.floats["bias"]) + float64(n.floats["alpha"])/float64(width)*sum
		out.data[i] = float32(float64(x.data[i]) * math.Pow(s, -float64(n.floats["beta"])))
	}
	return out
}

// transpose makes axis perm[i] of x axis i.
func transpose(x array, perm []int) array {
	steps, out := make([]int, len(perm)), array{make([]int, len(perm)), make([]float32, len(x.data))}
	for i, p := range perm {
		out.shape[i], steps[i] = x.shape[p], size(x.shape[p+1:])
	}
	for k := range out.data {
		at := 0
		for rest, i := k, len(perm)-1; i >= 0; i-- {
			at += rest % out.shape[i] * steps[i]
			rest /= out.shape[i]
		}
		out.data[k] = x.data[at]
	}
	return out
}

func (n parsedNode) layerNorm(in []array) array {
	x, c := in[0], len(in[1].data)
	out := array{x.shape, make([]float32, len(x.data))}
	for from := 0; from < len(x.data); from += c {
		mean, squares := 0.0, 0.0
		for _, v := range x.data[from:][:c] {
			mean += float64(v) / float64(c)
			squares += float64(v) * float64(v) / float64(c)
		}
		inv := 1 / math.Sqrt(squares-mean*mean+float64(n.floats["epsilon"]))
		for i, v := range x.data[from:][:c] {
			out.data[from+i] = float32((float64(v)-mean)*inv*float64(in[1].data[i]) + float64(in[2].data[i]))
		}
	}
	return out
}

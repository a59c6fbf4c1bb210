// Package stablehlo writes graphs of kernel.Specs as StableHLO (https://openxla.org/stablehlo), the
// language of XLA's compilers and of every PJRT plugin. It is one table: a Spec has a function that
// states its mathematics in StableHLO's operations, on float32 in logical shapes; layouts and
// fusing are the compiler's business. Where the precision is bf16, activations lie in memory as
// bfloat16 and convolutions multiply it.
package stablehlo

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"acol/internal/kernel/backend"
)

// value is a value of the function that is being written.
type value struct {
	name  string // such as %12
	shape []int
	elem  string // f32, bf16, i1, ui8, i8 or i32
}

func (v value) typ() string { return tensor(v.shape, v.elem) }

// tensor is a type such as tensor<2x3xf32>.
func tensor(shape []int, elem string) string {
	var b strings.Builder
	b.WriteString("tensor<")
	for _, n := range shape {
		b.WriteString(strconv.Itoa(n))
		b.WriteByte('x')
	}
	return b.String() + elem + ">"
}

// builder writes the body of a function.
type builder struct {
	body   strings.Builder
	n      int              // of values so far
	consts map[string]value // scalars by their type and text

	replicas  int // how many devices compute the function
	precision backend.Precision
	converted map[string]value // by the kind of elements and the value's name
	product   string           // the kind of elements that a convolution gives in bf16
}

func newBuilder(p backend.Precision, replicas int) *builder {
	return &builder{
		precision: p, replicas: replicas,
		consts: map[string]value{}, converted: map[string]value{},
	}
}

// line writes one operation, whose result has the shape and the kind of elements.
func (b *builder) line(shape []int, elem, format string, args ...any) value {
	b.n++
	v := value{"%" + strconv.Itoa(b.n), shape, elem}
	fmt.Fprintf(&b.body, "    %s = %s\n", v.name, fmt.Sprintf(format, args...))
	return v
}

// list is numbers with commas.
func list(v []int) string {
	s := make([]string, len(v))
	for i, x := range v {
		s[i] = strconv.Itoa(x)
	}
	return strings.Join(s, ", ")
}

// array is an attribute of numbers.
func array(v ...int) string {
	if len(v) == 0 {
		return "array<i64>"
	}
	return "array<i64: " + list(v) + ">"
}

// scalar is a float32 constant. Its bits are written, which no parser rounds.
func (b *builder) scalar(x float64) value { return b.constant(scalarText(x), "f32") }

func scalarText(x float64) string { return fmt.Sprintf("0x%08X", math.Float32bits(float32(x))) }

// constant is a scalar of any kind, written once for all of its uses.
func (b *builder) constant(text, elem string) value {
	key := elem + text
	v, ok := b.consts[key]
	if !ok {
		v = b.line(nil, elem, "stablehlo.constant dense<%s> : tensor<%s>", text, elem)
		b.consts[key] = v
	}
	return v
}

// fill is a constant of a shape.
func (b *builder) fill(x float64, shape []int) value { return b.spread(b.scalar(x), shape) }

// fillInt is a constant int32 of a shape.
func (b *builder) fillInt(x int, shape []int) value { return b.fillWhole(x, "i32", shape) }

// fillWhole is a constant of a kind of whole numbers.
func (b *builder) fillWhole(x int, elem string, shape []int) value {
	return b.spread(b.constant(strconv.Itoa(x), elem), shape)
}

// spread repeats v, whose axis i is axis dims[i] of the result, where its size is that of the
// result or one.
func (b *builder) spread(v value, shape []int, dims ...int) value {
	if len(dims) == len(shape) && slices.Equal(shape, v.shape) {
		return v
	}
	return b.line(shape, v.elem, "stablehlo.broadcast_in_dim %s, dims = [%s] : (%s) -> %s",
		v.name, list(dims), v.typ(), tensor(shape, v.elem))
}

// toInt converts float32 or bytes to int32, which cuts off fractions.
func (b *builder) toInt(v value) value {
	return b.line(v.shape, "i32", "stablehlo.convert %s : (%s) -> %s",
		v.name, v.typ(), tensor(v.shape, "i32"))
}

// unary applies an operation of one operand, such as abs.
func (b *builder) unary(op string, x value) value {
	return b.line(x.shape, x.elem, "stablehlo.%s %s : %s", op, x.name, x.typ())
}

// erfc is 1-erf(x), which keeps its digits where erf is near 1.
func (b *builder) erfc(x value) value {
	return b.line(x.shape, x.elem, "chlo.erfc %s : %s -> %s", x.name, x.typ(), x.typ())
}

// binary applies an operation of two operands of one shape, such as add.
func (b *builder) binary(op string, x, y value) value {
	return b.line(x.shape, x.elem, "stablehlo.%s %s, %s : %s", op, x.name, y.name, x.typ())
}

func (b *builder) add(x, y value) value { return b.binary("add", x, y) }
func (b *builder) sub(x, y value) value { return b.binary("subtract", x, y) }
func (b *builder) mul(x, y value) value { return b.binary("multiply", x, y) }
func (b *builder) div(x, y value) value { return b.binary("divide", x, y) }
func (b *builder) max(x, y value) value { return b.binary("maximum", x, y) }
func (b *builder) and(x, y value) value { return b.binary("and", x, y) }
func (b *builder) or(x, y value) value  { return b.binary("or", x, y) }

// times is x by a constant.
func (b *builder) times(x value, k float64) value { return b.mul(x, b.fill(k, x.shape)) }

// plus is x and a constant.
func (b *builder) plus(x value, k float64) value { return b.add(x, b.fill(k, x.shape)) }

// compare says where x stands in relation op to y: EQ, NE, GE, GT, LE or LT. Of NaN only NE holds.
func (b *builder) compare(op string, x, y value) value {
	kind := "FLOAT"
	if x.elem == "i32" || x.elem == "i8" {
		kind = "SIGNED"
	}
	return b.line(x.shape, "i1", "stablehlo.compare %s, %s, %s, %s : (%s, %s) -> %s",
		op, x.name, y.name, kind, x.typ(), y.typ(), tensor(x.shape, "i1"))
}

// choose is x where the condition holds, else y.
func (b *builder) choose(where, x, y value) value {
	return b.line(x.shape, x.elem, "stablehlo.select %s, %s, %s : %s, %s",
		where.name, x.name, y.name, where.typ(), x.typ())
}

// reshape gives the same elements another shape.
func (b *builder) reshape(x value, shape []int) value {
	if slices.Equal(x.shape, shape) {
		return x
	}
	return b.line(shape, x.elem, "stablehlo.reshape %s : (%s) -> %s",
		x.name, x.typ(), tensor(shape, x.elem))
}

// transpose makes axis perm[i] of x axis i of the result.
func (b *builder) transpose(x value, perm ...int) value {
	shape := make([]int, len(perm))
	for i, p := range perm {
		shape[i] = x.shape[p]
	}
	return b.line(shape, x.elem, "stablehlo.transpose %s, dims = [%s] : (%s) -> %s",
		x.name, list(perm), x.typ(), tensor(shape, x.elem))
}

// slice takes [from,to) of one axis.
func (b *builder) slice(x value, axis, from, to int) value {
	shape, ranges := slices.Clone(x.shape), make([]string, len(x.shape))
	for i, n := range x.shape {
		ranges[i] = fmt.Sprintf("0:%d", n)
	}
	shape[axis], ranges[axis] = to-from, fmt.Sprintf("%d:%d", from, to)
	return b.line(shape, x.elem, "stablehlo.slice %s [%s] : (%s) -> %s",
		x.name, strings.Join(ranges, ", "), x.typ(), tensor(shape, x.elem))
}

// strided takes, from a place on, as many elements as the shape says, each a stride behind the one
// before.
func (b *builder) strided(x value, from, shape, stride []int) value {
	ranges := make([]string, len(shape))
	for i, n := range shape {
		ranges[i] = fmt.Sprintf("%d:%d:%d", from[i], from[i]+(n-1)*stride[i]+1, stride[i])
	}
	return b.line(shape, x.elem, "stablehlo.slice %s [%s] : (%s) -> %s",
		x.name, strings.Join(ranges, ", "), x.typ(), tensor(shape, x.elem))
}

// pad puts a constant before, behind and between the elements. A negative number before or behind
// cuts off.
func (b *builder) pad(x value, k float64, before, behind, between []int) value {
	shape := make([]int, len(x.shape))
	for i, n := range x.shape {
		shape[i] = n + (n-1)*between[i] + before[i] + behind[i]
	}
	c := b.scalar(k)
	return b.line(shape, x.elem,
		"stablehlo.pad %s, %s, low = [%s], high = [%s], interior = [%s] : (%s, %s) -> %s",
		x.name, c.name, list(before), list(behind), list(between), x.typ(), c.typ(),
		tensor(shape, x.elem))
}

// concat joins values along an axis.
func (b *builder) concat(axis int, vs ...value) value {
	shape := slices.Clone(vs[0].shape)
	shape[axis] = 0
	names, types := make([]string, len(vs)), make([]string, len(vs))
	for i, v := range vs {
		shape[axis] += v.shape[axis]
		names[i], types[i] = v.name, v.typ()
	}
	return b.line(shape, vs[0].elem, "stablehlo.concatenate %s, dim = %d : (%s) -> %s",
		strings.Join(names, ", "), axis, strings.Join(types, ", "), tensor(shape, vs[0].elem))
}

// neutral are the values that change nothing in a reduction of float32.
var neutral = map[string]float64{"add": 0, "maximum": math.Inf(-1), "minimum": math.Inf(1)}

// reduce folds the axes of float32 with add, maximum or minimum.
func (b *builder) reduce(op string, x value, axes ...int) value {
	return b.reduceFrom(op, b.scalar(neutral[op]), x, axes)
}

// all says whether the conditions hold along the axes.
func (b *builder) all(x value, axes ...int) value {
	return b.reduceFrom("and", b.constant("true", "i1"), x, axes)
}

func (b *builder) reduceFrom(op string, start, x value, axes []int) value {
	var shape []int
	for i, n := range x.shape {
		if !slices.Contains(axes, i) {
			shape = append(shape, n)
		}
	}
	return b.line(shape, x.elem,
		"stablehlo.reduce(%s init: %s) applies stablehlo.%s across dimensions = [%s] : "+
			"(%s, %s) -> %s",
		x.name, start.name, op, list(axes), x.typ(), start.typ(), tensor(shape, x.elem))
}

// iota counts along an axis, as int32.
func (b *builder) iota(shape []int, axis int) value {
	return b.line(shape, "i32", "stablehlo.iota dim = %d : %s", axis, tensor(shape, "i32"))
}

// row takes row i of a matrix.
func (b *builder) row(x value, i int) value {
	return b.reshape(b.slice(x, 0, i, i+1), x.shape[1:])
}

// rows makes a matrix of two rows.
func (b *builder) rows(x, y value) value {
	shape := []int{1, x.shape[0]}
	return b.concat(0, b.reshape(x, shape), b.reshape(y, shape))
}

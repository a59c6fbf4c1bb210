package stablehlo

import (
	"errors"
	"fmt"
	"strings"

	"acol/internal/kernel"
)

// errOnePart is of a Spec that joins the parts of a batch, in a graph of one replica, where it
// would mistake its part for the whole.
var errOnePart = errors.New("is of several replicas, and the graph has one")

// everyReplica is the attribute by which an operation takes in all replicas.
func (b *builder) everyReplica() string {
	ids := make([]string, b.replicas)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	return fmt.Sprintf("replica_groups = dense<[[%s]]> : tensor<1x%dxi64>", strings.Join(ids, ", "),
		b.replicas)
}

// sumOver is the sum of x over all replicas, float32 as everything that they exchange.
func (b *builder) sumOver(x value) value {
	return b.line(x.shape, single, `"stablehlo.all_reduce"(%s) <{%s}> ({
    ^bb0(%%a: tensor<f32>, %%b: tensor<f32>):
      %%m = stablehlo.add %%a, %%b : tensor<f32>
      stablehlo.return %%m : tensor<f32>
    }) : (%s) -> %s`, x.name, b.everyReplica(), x.typ(), x.typ())
}

// gather gives the values x of all replicas along a new first axis.
func (b *builder) gather(x value) value {
	x = b.reshape(x, append([]int{1}, x.shape...))
	shape := append([]int{b.replicas}, x.shape[1:]...)
	return b.line(shape, single, `"stablehlo.all_gather"(%s) <{all_gather_dim = 0 : i64, %s}> : `+
		"(%s) -> %s", x.name, b.everyReplica(), x.typ(), tensor(shape, single))
}

func partSum(b *builder, _ kernel.PartSum, in []value) value { return b.sumOver(in[0]) }

// partStats is one exchange between devices. Every replica adds the statistics of all in the same
// order, so that the sums are the same to the bit.
func partStats(b *builder, s kernel.PartStats, in []value) value {
	all := b.gather(in[0]) // replicas, 2, C
	mean := b.reduce("add", b.times(b.slice(all, 1, 0, 1), float64(s.Share)), 0, 1)
	own := b.reshape(b.slice(all, 1, 0, 1), []int{b.replicas, s.C})
	off := b.sub(own, b.spread(mean, own.shape, 1))
	each := b.add(b.reshape(b.slice(all, 1, 1, 2), own.shape), b.mul(off, off))
	return b.rows(mean, b.reduce("add", b.times(each, float64(s.Share)), 0))
}

func partSums(b *builder, s kernel.PartSums, in []value) value {
	return b.times(b.sumOver(in[0]), float64(s.Share))
}

func partMean(b *builder, _ kernel.PartMean, in []value) value {
	n := b.count(b.compare("LT", in[0], b.fill(kernel.GuideIgnored, in[0].shape)), 0, 1, 2, 3)
	return b.div(b.mul(in[1], n), b.max(b.sumOver(n), b.scalar(1)))
}

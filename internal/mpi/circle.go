package mpi

import "slices"

// circle is a Group of ranks that add up among themselves.
type circle struct {
	Group
	rank, size int       // this rank's place among them, and how many they are
	owners     int       // the first so many of them form the sums, each its part
	recv       []float32 // the parts that reduce received
}

// bounds are where the parts of n values begin and end, in the order of the ranks. Those of ranks
// that own nothing are empty.
func (c *circle) bounds(n int) []int {
	out := make([]int, c.size+1)
	for i := range out {
		out[i] = n * min(i, c.owners) / c.owners
	}
	return out
}

// reduce makes this rank's part of x, which it returns, the sum of those of all ranks in their
// order. It counts the bytes that it sends.
func (c *circle) reduce(x []float32, bounds []int, sent *int64) ([]float32, error) {
	mine := x[bounds[c.rank]:bounds[c.rank+1]]
	if c.size == 1 {
		return mine, nil
	}
	if need := len(mine) * c.size; cap(c.recv) < need {
		c.recv = make([]float32, need)
	}
	recv := c.recv[:len(mine)*c.size]
	*sent += 4 * int64(len(x)-len(mine))
	if err := c.Scatter(x, bounds, recv); err != nil {
		return nil, err
	}
	copy(mine, recv)
	for r := 1; r < c.size; r++ {
		for i, v := range recv[r*len(mine):][:len(mine)] {
			mine[i] += v
		}
	}
	return mine, nil
}

// spread makes x whole on all ranks, each of which has its own part. It counts the bytes that it
// sends.
func (c *circle) spread(x []float32, bounds []int, sent *int64) error {
	if c.size == 1 {
		return nil
	}
	*sent += 4 * int64((c.size-1)*(bounds[c.rank+1]-bounds[c.rank]))
	return c.Collect(x, bounds)
}

// layout is how the ranks of a world lie on machines.
type layout struct {
	here   []int // the ranks of this rank's machine, in rising order
	across []int // one rank of each machine, this one among them; nil where this rank owns nothing
	owners int   // the ranks of each machine that form sums
	most   int   // ranks of a machine
	count  int   // machines
}

// layOut orders ranks by the machine that each of them says it is on. Machines come in the order of
// their first ranks. As many ranks of each machine form sums as the smallest machine has.
func layOut(rank int, machines []int) layout {
	var order []int
	members := map[int][]int{}
	for r, m := range machines {
		if members[m] == nil {
			order = append(order, m)
		}
		members[m] = append(members[m], r)
	}
	l := layout{here: members[machines[rank]], owners: len(machines), count: len(order)}
	for _, list := range members {
		l.owners, l.most = min(l.owners, len(list)), max(l.most, len(list))
	}
	if at := slices.Index(l.here, rank); at < l.owners {
		for _, m := range order {
			l.across = append(l.across, members[m][at])
		}
	}
	return l
}

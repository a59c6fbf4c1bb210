package crf

import "math"

// dims is the number of a pixel's features: its place, and red, green and blue.
const dims = 5

// lattice filters values of pixels with a Gaussian over their features, in time that grows with
// the number of pixels alone: the permutohedral lattice of Adams, Baek and Davis ("Fast
// High-Dimensional Filtering Using the Permutohedral Lattice", Eurographics 2010). Each pixel lies
// in a simplex of dims+1 points of the lattice. Its value is shared out among them by its
// barycentric coordinates, points are blurred along each axis, and pixels gather what lies around
// them.
type lattice struct {
	at     [][dims + 1]int32 // of each pixel: its points, plus 1
	share  [][dims + 1]float32
	beside [dims + 1][][2]int32 // of each axis and point: its neighbours, plus 1; 0 for none
	points [2][]float32         // values of points, by place plus 1; the first is always 0
}

// newLattice places pixels by their features, in units of the Gaussian's standard deviations. A
// feature must be within 100, as Options.check sees to: a coordinate is below 12 times the largest,
// and has to fit a point.
func newLattice(features [][dims]float32) *lattice {
	l := &lattice{
		at: make([][dims + 1]int32, len(features)), share: make([][dims + 1]float32, len(features)),
	}
	places := newPlaces(len(features))
	for i := range features {
		l.place(i, &features[i], places)
	}
	n := len(places.keys)
	for axis := range l.beside {
		l.beside[axis] = make([][2]int32, n)
		for p, key := range places.keys {
			l.beside[axis][p] = [2]int32{
				places.of[key.beside(axis, -1)], places.of[key.beside(axis, 1)],
			}
		}
	}
	for i := range l.points {
		l.points[i] = make([]float32, n+1)
	}
	return l
}

// places are the points of a lattice: by key their numbers from 1, and their keys in that order.
type places struct {
	of   map[point]int32
	keys []point
}

func newPlaces(pixels int) *places { return &places{of: make(map[point]int32, pixels)} }

func (p *places) number(key point) int32 {
	n := p.of[key]
	if n == 0 {
		p.keys = append(p.keys, key)
		n = int32(len(p.keys))
		p.of[key] = n
	}
	return n
}

// point is a point of the lattice: its first dims coordinates in bits bits each; the last one makes
// the sum of all 0.
type point uint64

const (
	bits   = 12
	middle = 1 << (bits - 1) // the coordinate 0
)

func (p *point) set(axis, coordinate int) {
	*p |= point(coordinate+middle) << (axis * bits)
}

// beside is the next point along an axis: one step up for axis less than dims, and one down for all
// others, the last one included.
func (p point) beside(axis, step int) point {
	for i := range dims {
		move := -step
		if i == axis {
			move = step * dims
		}
		p += point(move) << (i * bits) // a borrow of a field is paid back by its sign
	}
	return p
}

// place finds the simplex around a pixel (section 3.1 of the paper).
func (l *lattice) place(i int, feature *[dims]float32, places *places) {
	const sides = dims + 1
	var raised [sides]float64 // the features on the plane whose coordinates add up to 0
	sum := 0.0
	for j := dims; j > 0; j-- {
		// Scaled so that splatting, blurring and slicing together have the deviation 1.
		v := float64(feature[j-1]) * sides * math.Sqrt(2./3) / math.Sqrt(float64(j*(j+1)))
		raised[j] = sum - float64(j)*v
		sum += v
	}
	raised[0] = sum
	var nearest, rank [sides]int
	total := 0
	for j, v := range raised {
		n := int(math.Round(v / sides))
		nearest[j] = n * sides
		total += n
	}
	for j := range raised {
		for k := j + 1; k < sides; k++ {
			if raised[j]-float64(nearest[j]) < raised[k]-float64(nearest[k]) {
				rank[j]++
			} else {
				rank[k]++
			}
		}
	}
	var weight [sides + 1]float64
	for j := range raised {
		switch rank[j] += total; {
		case rank[j] < 0:
			rank[j] += sides
			nearest[j] += sides
		case rank[j] > dims:
			rank[j] -= sides
			nearest[j] -= sides
		}
		v := (raised[j] - float64(nearest[j])) / sides
		weight[dims-rank[j]] += v
		weight[sides-rank[j]] -= v
	}
	weight[0] += 1 + weight[sides]
	for k := range sides {
		var key point
		for j := range dims {
			corner := k
			if rank[j] > dims-k {
				corner -= sides
			}
			key.set(j, nearest[j]+corner)
		}
		l.at[i][k], l.share[i][k] = places.number(key), float32(weight[k])
	}
}

// filter sets dst to the filtered values of the pixels. The two may be the same.
func (l *lattice) filter(dst, values []float32) {
	now, next := l.points[0], l.points[1]
	clear(now)
	for i, v := range values {
		for k, p := range l.at[i] {
			now[p] += v * l.share[i][k]
		}
	}
	for axis := range l.beside {
		for p, n := range l.beside[axis] {
			next[p+1] = now[p+1] + (now[n[0]]+now[n[1]])/2
		}
		now, next = next, now
	}
	const all = 1 / (1 + 1./(1<<dims)) // what a constant becomes otherwise, inverted
	for i := range dst {
		sum := float32(0)
		for k, p := range l.at[i] {
			sum += now[p] * l.share[i][k]
		}
		dst[i] = sum * all
	}
}

// Package camtest draws the inputs of the goldens of packages cam and metric.
package camtest

// Rand is splitmix64, number for number the generator Rand of ../testdata/reference.py: what it
// draws need not be stored beside what the reference made of it. Its value is the seed.
type Rand uint64

// Next draws 64 bits.
func (r *Rand) Next() uint64 {
	*r += 0x9E3779B97F4A7C15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Below draws from 0 to n-1.
func (r *Rand) Below(n int) int { return int(r.Next() % uint64(n)) }

// Float draws from [0,1).
func (r *Rand) Float() float64 { return float64(r.Next()>>11) * 0x1p-53 }

package eval

import (
	"fmt"
	"math"
	"strconv"

	"acol/internal/data"
	"acol/internal/metric"
)

// Group is what the images of one class, or of one size of object, reach.
type Group struct {
	Name   string `json:"name"`
	Images int    `json:"images"`
	// Figures are in percent by their path in the report. Those by thresholds are at the whole
	// split's best ones, so that the groups add up to the figure of the split.
	Figures map[string]float64 `json:"figures"`
}

// sizes part images by the share in percent that their largest true box covers: each up to
// below its end.
var sizes = []struct {
	name string
	end  float64
}{{"small (below 10 %)", 10}, {"medium (10 to 30 %)", 30}, {"large (30 to 60 %)", 60}, {"very large (60 % and more)", math.Inf(1)}}

// newRecord starts the record of a sample.
func newRecord(s *data.Sample) Record {
	r := Record{ID: s.ID, Label: s.Label}
	for _, b := range boxesFor(s, s.Label) {
		share := 100 * float64(b.Area()) / float64(s.Width*s.Height)
		r.Size = max(r.Size, math.Round(share*100)/100)
	}
	return r
}

func (r *Records) bySize() []Group {
	groups := r.groups(len(sizes), func(rec *Record) int {
		if rec.Size == 0 {
			return -1
		}
		for k, s := range sizes {
			if rec.Size < s.end {
				return k
			}
		}
		return -1
	})
	for k := range groups {
		groups[k].Name = sizes[k].name
	}
	return filled(groups)
}

func (r *Records) byClass() []Group {
	groups := r.groups(len(r.Classes), func(rec *Record) int { return rec.Label })
	for k := range groups {
		groups[k].Name = r.Classes[k]
	}
	return filled(groups)
}

func filled(groups []Group) []Group {
	var out []Group
	for _, g := range groups {
		if g.Images > 0 {
			out = append(out, g)
		}
	}
	return out
}

// groups measures n groups of the images; of says which one an image is in.
func (r *Records) groups(n int, of func(*Record) int) []Group {
	groups := make([]Group, n)
	best := make([]int, len(r.Curves))
	for k, c := range r.Curves {
		whole := metric.NewCurve(c.Thresholds)
		for i := range r.Images {
			if hits := r.Images[i].Hits[k]; hits != nil {
				whole.Add(hits)
			}
		}
		best[k], _ = whole.Best()
	}
	right, counted := make([][]int, n), make([][]int, n)
	for g := range groups {
		groups[g].Figures = map[string]float64{}
		right[g], counted[g] = make([]int, len(r.Curves)), make([]int, len(r.Curves))
	}
	for i := range r.Images {
		g := of(&r.Images[i])
		if g < 0 || g >= n {
			continue
		}
		groups[g].Images++
		for k, hits := range r.Images[i].Hits {
			if hits == nil {
				continue
			}
			counted[g][k]++
			if hits.Has(best[k]) {
				right[g][k]++
			}
		}
	}
	for g := range groups {
		for k, c := range r.Curves {
			if counted[g][k] > 0 {
				groups[g].Figures[c.Name] = float64(right[g][k]) * 100 / float64(counted[g][k])
			}
		}
		groups[g].mean()
	}
	return groups
}

// mean adds MaxBoxAccV2.
func (g *Group) mean() {
	sum := 0.0
	for _, d := range metric.Deltas() {
		v, ok := g.Figures[v2Curves+strconv.Itoa(d)]
		if !ok {
			return
		}
		sum += v
	}
	g.Figures[v2Name] = sum / float64(len(metric.Deltas()))
}

// chooseBoxes notes the thresholds of MaxBoxAcc and MaxBoxAccV2 that val chose; nil chose none.
func (r *Records) chooseBoxes(at *metric.Taus) {
	if at == nil {
		return
	}
	r.choose("max_box_acc", at.MaxBoxAcc)
	for _, d := range metric.Deltas() {
		r.choose(fmt.Sprint(v2Curves, d), at.MaxBoxAccV2[strconv.Itoa(d)])
	}
}

package eval

import (
	"strconv"
	"strings"

	"acol/internal/cam"
	"acol/internal/metric"
)

// Figure is a row of the table of figures: one accuracy, precision or share in percent that an
// evaluation measures. Totals, groups, intervals, comparisons, sweeps, files and printed tables
// are all made from the rows, so that a new metric is a new row.
type Figure struct {
	// Key is the figure's path in the JSON of a report, such as max_box_acc_v2_iou.30.
	Key string
	// Name says the figure in a line about its kind, Heading above a column of a table.
	Name, Heading string
	// Column is the name in CSV files and in sweeps; a row without one is in neither.
	Column string
	// OfMap rows are measured for each kind of map, the others once for an image.
	OfMap bool
	// Need is the truth without which an image does not count.
	Need Truth
	// ByGroup rows are printed for classes and for sizes of objects.
	ByGroup bool
	// Grid has the thresholds of a row with hits. On a grid of several the figure is at the one
	// that is best for all images together, and again at the one that val chose.
	Grid metric.Grid
	// ChosenBy is the row whose best threshold on val this row is measured at; empty is its own.
	ChosenBy string

	// One of the next four says what the figure is made of.

	// hits are the thresholds at which the image at hand is right.
	hits func(g *gauge) (metric.Runs, error)
	// share is in [0,1], and the figure its mean. Shares are totals alone: no record has them.
	share func(g *gauge) (float64, error)
	// pixels is the average precision of the pixels of all images.
	pixels bool
	// MeanOf is the start of the keys of the rows whose mean the figure is.
	MeanOf string
}

// Truth is what is known of an image that a figure is measured against.
type Truth int

// An image has a label, and may have boxes or masks.
const (
	Label Truth = iota
	Boxes
	Masks
)

// The grids of thresholds. A score map's are those of wsolevaluation; those of localization are
// fractions of the map's maximum.
var (
	scoreGrid    = metric.Grid{N: 1000, Step: metric.Step}
	fractionGrid = metric.Grid{N: 100, Step: 0.01}
	noGrid       = metric.Grid{N: 1}
)

// Keys of rows that other code asks for by name.
const (
	MaxBoxAcc   = "max_box_acc"
	MaxBoxAccV2 = "max_box_acc_v2"
	Top1        = "top1"
	Top5        = "top5"
	GTKnown     = oracle + "gt_known"
	Top1Loc     = oracle + "top1"
	pxap        = "pxap"
)

const (
	// v2 is how the rows begin whose mean is MaxBoxAccV2.
	v2 = "max_box_acc_v2_iou."
	// localization is how the rows of the ILSVRC protocol begin: boxes by the CAM rule at the
	// stated fraction of the maximum, and under oracle at the best one.
	localization = "localization."
	oracle       = localization + "oracle."
	// valSection is where figures at the thresholds of val are, below what they are about.
	valSection = "at_val_threshold."
)

// table has the rows in the order in which files and reports list them. Localization is
// right from IoU 0.5 on.
var table = []Figure{
	{
		Key: MaxBoxAcc, Name: "MaxBoxAcc", Heading: "MaxBoxAcc", Column: "max_box_acc",
		OfMap: true, Need: Boxes, ByGroup: true, Grid: scoreGrid, hits: boxHits(cam.Largest, 50),
	},
	{
		Key: MaxBoxAccV2, Name: "MaxBoxAccV2", Heading: "MaxBoxAccV2",
		Column: "max_box_acc_v2", OfMap: true, Need: Boxes, ByGroup: true, MeanOf: v2,
	},
	maxBoxAccV2(30),
	maxBoxAccV2(50),
	maxBoxAccV2(70),
	{
		Key: Top1, Name: "top-1", Heading: "top-1", Need: Label, ByGroup: true,
		Grid: noGrid, hits: topHits(1),
	},
	{Key: Top5, Name: "top-5", Heading: "top-5", Need: Label, Grid: noGrid, hits: topHits(5)},
	{
		Key: GTKnown, Name: "GT-known", Heading: "GT-known oracle", Column: "gt_known",
		Need: Boxes, Grid: fractionGrid, hits: located(byLabel, 50),
	},
	{
		Key: Top1Loc, Name: "top-1", Heading: "top-1 loc oracle", Column: "top1",
		Need: Boxes, Grid: fractionGrid, ChosenBy: GTKnown, hits: located(1, 50),
	},
	{
		Key: oracle + "top5", Name: "top-5", Heading: "top-5 loc oracle",
		Need: Boxes, Grid: fractionGrid, ChosenBy: GTKnown, hits: located(5, 50),
	},
	{
		Key: localization + "gt_known", Name: "GT-known", Heading: "GT-known",
		Need: Boxes, ByGroup: true, Grid: noGrid, hits: locatedAtStated(byLabel, 50),
	},
	{
		Key: localization + "top1", Name: "top-1", Heading: "top-1 loc",
		Need: Boxes, ByGroup: true, Grid: noGrid, hits: locatedAtStated(1, 50),
	},
	{
		Key: localization + "top5", Name: "top-5", Heading: "top-5 loc",
		Need: Boxes, Grid: noGrid, hits: locatedAtStated(5, 50),
	},
	{
		Key: pxap, Name: "PxAP", Heading: "PxAP", Column: "pxap",
		OfMap: true, Need: Masks, pixels: true,
	},
	{
		Key: "coverage", Name: "coverage", Heading: "coverage", Column: "coverage",
		OfMap: true, Need: Boxes,
		share: func(g *gauge) (float64, error) { c, _, err := g.coverage(); return c, err },
	},
	{
		Key: "precision", Name: "precision", Heading: "precision", Column: "precision",
		OfMap: true, Need: Boxes,
		share: func(g *gauge) (float64, error) { _, p, err := g.coverage(); return p, err },
	},
}

// maxBoxAccV2 is a part of MaxBoxAccV2: any contour's box reaches an IoU of delta percent.
func maxBoxAccV2(delta int) Figure {
	percent := strconv.Itoa(delta)
	return Figure{
		Key: v2 + percent, Name: "at IoU " + strconv.FormatFloat(float64(delta)/100, 'g', -1, 64),
		Heading: "IoU " + percent, Column: "iou_" + percent,
		OfMap: true, Need: Boxes, ByGroup: true, Grid: scoreGrid, hits: boxHits(cam.All, delta),
	}
}

// Figures lists the rows of the table that keep holds for.
func Figures(keep func(*Figure) bool) []*Figure {
	var rows []*Figure
	for i := range table {
		if keep(&table[i]) {
			rows = append(rows, &table[i])
		}
	}
	return rows
}

// FigureOf returns the row of a key; nil where the table has none.
func FigureOf(key string) *Figure {
	for i := range table {
		if table[i].Key == key {
			return &table[i]
		}
	}
	return nil
}

// InLocalization reports whether the figure is one of the ILSVRC protocol.
func (f *Figure) InLocalization() bool { return strings.HasPrefix(f.Key, localization) }

// InOracle reports whether it is one of those at the best fraction of the maximum.
func (f *Figure) InOracle() bool { return strings.HasPrefix(f.Key, oracle) }

// IsPart reports whether another row is the mean of this one and further ones.
func (f *Figure) IsPart() bool {
	for i := range table {
		if p := table[i].MeanOf; p != "" && strings.HasPrefix(f.Key, p) {
			return true
		}
	}
	return false
}

// IsShare reports whether the figure is the mean of a share.
func (f *Figure) IsShare() bool { return f.share != nil }

// AtVal returns the path of the figure at the threshold that val chose: in the section
// at_val_threshold, that of localization for its figures.
func (f *Figure) AtVal() string { return atVal(f.Key) }

// chosenBy returns the key of the row whose best threshold on val this one is measured at.
func (f *Figure) chosenBy() string {
	if f.ChosenBy != "" {
		return f.ChosenBy
	}
	return f.Key
}

func atVal(key string) string {
	if name, ok := strings.CutPrefix(key, oracle); ok {
		return localization + valSection + name
	}
	return valSection + key
}

package main

import (
	"io"
	"text/tabwriter"

	"acol/internal/eval"
)

// printUnlocated writes what is left of a report whose split has neither boxes nor masks.
func printUnlocated(w io.Writer, r *eval.Report, byClass bool) error {
	if !byClass {
		return printLast(w,
			"\n--by-class prints the accuracy of each class and what it is taken for\n")
	}
	if err := printGroups(w, "class", r.ByClass); err != nil {
		return err
	}
	if err := printConfusion(w, r.Confusion); err != nil {
		return err
	}
	if r.Intervals == nil {
		return printLast(w, "\nfigures in percent\n")
	}
	return printLast(w, "\nfigures in percent; [low, high]: %d %% intervals of %d resamples of "+
		"the images\n", r.Intervals.Level, r.Intervals.Resamples)
}

// Bounds of what is printed of a confusion: the classes of a matrix and the number of pairs.
const (
	printedClasses = 16
	printedPairs   = 20
)

// printConfusion writes what the images of each class were taken for: a matrix of few classes, and
// of many the pairs that are confused most.
func printConfusion(w io.Writer, c *eval.Confusion) error {
	if labels, _ := c.Images(); len(labels) <= printedClasses {
		return printMatrix(w, c)
	}
	pairs := c.Pairs()
	if len(pairs) == 0 {
		return printLast(w, "\nno class is taken for another one\n")
	}
	printf(w, "\nclasses that are taken for others, %d of %d pairs\n",
		min(printedPairs, len(pairs)), len(pairs))
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	printf(tw, "class\ttaken for\timages\tshare of the class\n")
	for _, p := range pairs[:min(printedPairs, len(pairs))] {
		printf(tw, "%s\t%s\t%d\t%.1f %%\n", c.Name(p.Label), c.Name(p.Guess), p.Images, p.Share)
	}
	return tw.Flush()
}

// printMatrix writes the images of each class, a row each, by the class that they were taken for.
func printMatrix(w io.Writer, c *eval.Confusion) error {
	m := c.Matrix()
	printf(w, "\nimages of each class, by the number of the class that they were taken for\n")
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	printf(tw, "class")
	for k := range m {
		printf(tw, "\t%d", k+1)
	}
	for k, row := range m {
		printf(tw, "\n%d %s", k+1, c.Name(k))
		for _, n := range row {
			printf(tw, "\t%d", n)
		}
	}
	printf(tw, "\n")
	return tw.Flush()
}

// warnClasses warns where a label has another name in the data than in the model, since the two may
// have their classes in different orders.
func warnClasses(s *streams, data, model []string) {
	for i, name := range model {
		if data[i] != name {
			s.say("warning: class %d is %q in the data and %q in the model: "+
				"make sure that the labels are in one order", i, data[i], name)
			return
		}
	}
}

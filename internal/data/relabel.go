package data

// Seen reports for each label whether an image of the split has it.
func (s *Split) Seen() []bool {
	seen := make([]bool, len(s.Classes))
	mark := func(label int) {
		if label >= 0 && label < len(seen) {
			seen[label] = true
		}
	}
	for i := range s.Samples {
		mark(s.Samples[i].Label)
		for _, l := range s.Samples[i].Labels {
			mark(l)
		}
	}
	return seen
}

// Relabel gives the split the classes of a model: the label l of its images becomes to[l], a place
// in classes. Of a label that no image has, to may have -1.
func (s *Split) Relabel(to []int, classes []string) {
	for i := range s.Samples {
		s.Samples[i].renumber(to)
	}
	s.Classes = classes
	s.alignLabels()
}

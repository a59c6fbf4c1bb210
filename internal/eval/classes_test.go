package eval

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"acol/internal/data"
	"acol/internal/imagenet"
)

// labelled is a split of one image for each of labels.
func labelled(classes []string, labels ...int) *data.Split {
	s := &data.Split{Name: "test", Classes: classes}
	for i, l := range labels {
		s.Samples = append(s.Samples, data.Sample{ID: fmt.Sprint(i), Label: l})
	}
	return s
}

func labelsOf(s *data.Split) (labels []int) {
	for _, x := range s.Samples {
		labels = append(labels, x.Label)
	}
	return labels
}

func TestASplitIsMeasuredWhereItsClassesAreTheModels(t *testing.T) {
	three := []string{"ant", "bee", "cat"}
	numbers := func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprint(i))
		}
		return names
	}
	for name, c := range map[string]struct {
		split   *data.Split
		n       int
		names   []string
		want    []int
		byNames bool
	}{
		"the same":      {labelled(three, 0, 2), 3, three, []int{0, 2}, false},
		"names unknown": {labelled(three, 0, 2), 3, nil, []int{0, 2}, false},
		"fewer, by name": {
			labelled([]string{"cat", "bee"}, 0, 1, 1), 3, three, []int{2, 1, 1}, true,
		},
		"fewer, the first ones": {
			labelled([]string{"ant", "bee"}, 1, 0), 3, three, []int{1, 0}, false,
		},
		"another order": {
			labelled([]string{"cat", "bee", "ant"}, 0, 1, 2), 3, three, []int{2, 1, 0}, true,
		},
		"the same words": {
			labelled([]string{"017.Red_Cat"}, 0), 2, []string{"dog", "red cat"}, []int{1}, true,
		},
		"other names, as many": {
			labelled([]string{"x", "y", "z"}, 0, 2), 3, three, []int{0, 2}, false,
		},
		"fewer, by number": {
			labelled(numbers(2), 1, 0), 3, three, []int{1, 0}, false,
		},
		"fewer, by number, names unknown": {
			labelled(numbers(2), 1, 0), 3, nil, []int{1, 0}, false,
		},
		"numbers of the model, not labels": {
			labelled([]string{"2", "0"}, 0, 1), 3, numbers(3), []int{2, 0}, true,
		},
		"more, of which no image is": {
			labelled([]string{"wasp", "bee", "ant", "cat"}, 2, 3), 3, three, []int{0, 2}, true,
		},
		"999 of ImageNet's by number": {
			labelled(numbers(999), 0, 998), 1000, imagenet.Names(), []int{0, 998}, false,
		},
		"synsets": {
			labelled([]string{"n01440764", "n15075141"}, 1, 0), 1000, imagenet.Names(),
			[]int{999, 0}, true,
		},
	} {
		got, err := matchClasses(c.split, c.n, c.names)
		if err != nil || got != c.byNames || !slices.Equal(labelsOf(c.split), c.want) {
			t.Errorf(
				"%s: labels %v, by names %v, %v, want %v, %v",
				name,
				labelsOf(c.split),
				got,
				err,
				c.want,
				c.byNames,
			)
		}
		if len(c.split.Classes) != c.n {
			t.Errorf("%s: %d names for the model's %d classes", name, len(c.split.Classes), c.n)
		}
	}
}

func TestAClassThatTheModelLacksIsAnError(t *testing.T) {
	three := []string{"ant", "bee", "cat"}
	for name, c := range map[string]struct {
		split *data.Split
		names []string
		want  ClassesError
	}{
		"fewer, another name": {
			labelled([]string{"cap", "bee"}, 0, 1), three, ClassesError{"test", 2, 3, "cap", "cat"},
		},
		"two that are one": {
			labelled([]string{"cat", "1.cat"}, 0, 1), three,
			ClassesError{"test", 2, 3, "1.cat", "cat"},
		},
		"more": {
			labelled([]string{"ant", "bee", "cat", "dog"}, 3), three,
			ClassesError{"test", 4, 3, "dog", "ant"},
		},
		"more, names unknown": {
			labelled([]string{"ant", "bee", "cat", "dog"}, 3), nil,
			ClassesError{"test", 4, 3, "", ""},
		},
		"a number beyond": {
			labelled([]string{"0", "1", "2", "3"}, 3), three,
			ClassesError{"test", 4, 3, "3", "ant"},
		},
		"of two of one word": {
			labelled([]string{"CAT", "ant"}, 0), []string{"cat", "Cat", "ant"},
			ClassesError{"test", 2, 3, "CAT", "cat"},
		},
		"fewer, names unknown": {
			labelled([]string{"ant", "bee"}, 0), nil, ClassesError{"test", 2, 3, "", ""},
		},
	} {
		labels := labelsOf(c.split)
		var got *ClassesError
		if _, err := matchClasses(c.split, 3, c.names); !errors.As(err, &got) || *got != c.want {
			t.Errorf("%s: %v, want %+v", name, err, c.want)
		}
		if !slices.Equal(labelsOf(c.split), labels) {
			t.Errorf("%s: labels were changed", name)
		}
	}
}

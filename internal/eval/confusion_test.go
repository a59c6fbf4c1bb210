package eval

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// confusionOf counts the rows of a matrix of true classes by guesses.
func confusionOf(classes []string, rows ...[]int) *Confusion {
	a, b := newConfusion(classes), newConfusion(classes)
	for label, row := range rows {
		for guess, n := range row {
			for i := range n {
				if i%2 == 0 { // two workers
					a.add(label, guess)
				} else {
					b.add(label, guess)
				}
			}
		}
	}
	a.merge(b)
	return a
}

var threeBirds = []string{"ani", "jay", "wren"}

func TestAConfusionSaysWhatEachClassIsTakenFor(t *testing.T) {
	rows := [][]int{{5, 1, 0}, {3, 0, 0}, {0, 3, 1}}
	c := confusionOf(threeBirds, rows...)
	if d := cmp.Diff(rows, c.Matrix()); d != "" {
		t.Errorf("matrix (-want +got):\n%s", d)
	}
	labels, guesses := c.Images()
	if !slices.Equal(labels, []int{6, 3, 4}) || !slices.Equal(guesses, []int{8, 4, 1}) {
		t.Errorf("images %v, predicted %v", labels, guesses)
	}
	want := []Pair{{1, 0, 3, 100}, {2, 1, 3, 75}, {0, 1, 1, 100.0 / 6}}
	if d := cmp.Diff(want, c.Pairs()); d != "" {
		t.Errorf("pairs (-want +got):\n%s", d)
	}
	c.add(1, noGuess)
	if labels, guesses := c.Images(); labels[1] != 4 || guesses[1] != 4 {
		t.Errorf("an image without a guess: images %v, predicted %v", labels, guesses)
	}
	c.add(0, 7)
	if got := c.Name(7); got != "class 7" || len(c.Matrix()) != 8 || c.Matrix()[0][7] != 1 {
		t.Errorf("a guess beyond the names is %q, in a matrix of %d", got, len(c.Matrix()))
	}
}

func TestAConfusionIsJSONOfBoundedSize(t *testing.T) {
	text, err := json.Marshal(confusionOf(threeBirds, []int{1, 0, 0}, []int{2, 0, 0}, []int{0, 0, 1}))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"classes":["ani","jay","wren"],"matrix":[[1,0,0],[2,0,0],[0,0,1]],` +
		`"pairs":[{"true":"jay","predicted":"ani","images":2}]}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	many := newConfusion(make([]string, 1000))
	for i := range 5000 {
		many.add(i%1000, (i+1+i/1000)%1000)
	}
	text, err = json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Matrix [][]int
		Pairs  []struct{ Images int }
	}
	if err := json.Unmarshal(text, &got); err != nil || got.Matrix != nil || len(got.Pairs) != listedPairs {
		t.Errorf("of 1000 classes: a matrix of %d rows and %d pairs (%v)", len(got.Matrix), len(got.Pairs), err)
	}
}

func TestGuessesCollapseToOneClass(t *testing.T) {
	for name, tc := range map[string]struct {
		rows [][]int
		want string
	}{
		"all of one guess":                     {[][]int{{4, 0, 0}, {4, 0, 0}, {4, 0, 0}}, "ani"},
		"nearly all of one guess":              {[][]int{{0, 9, 1}, {0, 10, 0}, {0, 10, 0}}, "jay"},
		"all, and most are of that class":      {[][]int{{0, 1, 0}, {0, 19, 0}}, "jay"},
		"most are of the class, and one isn't": {[][]int{{1, 0, 0}, {0, 19, 0}}, ""},
		"two guesses":                          {[][]int{{4, 0, 0}, {4, 0, 0}, {0, 0, 4}}, ""},
		"a split of one class":                 {[][]int{{8, 0, 0}}, ""},
		"a single image":                       {[][]int{{0, 1, 0}}, ""},
		"no image":                             {nil, ""},
	} {
		class, _, ok := confusionOf(threeBirds, tc.rows...).Collapsed()
		if class != tc.want || ok != (tc.want != "") {
			t.Errorf("%s: collapsed to %q, %v, want %q", name, class, ok, tc.want)
		}
	}
	nan := newConfusion(threeBirds)
	for i := range 6 {
		nan.add(i%3, noGuess)
	}
	if class, _, ok := nan.Collapsed(); ok {
		t.Errorf("logits that are not numbers collapse to %q", class)
	}
}

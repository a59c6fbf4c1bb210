package help

import (
	"slices"
	"strings"
	"testing"
)

func TestHelpIsLaidOutForAScreen(t *testing.T) {
	const text = `Look at a folder of photographs, and at all of the folders that are below it, which
takes a
while.
Exit codes: 0 done.

  acol.png      a picture of all that there is, with its boxes and whatever else was found
                there
  error    list    a list that cannot be read
` + "\tcurl -s x\n" + `  words with  a tail`
	want := []string{
		"Look at a folder of photographs, and at all of the folders that are below it,",
		"which takes a while. Exit codes: 0 done.",
		"",
		"  acol.png      a picture of all that there is, with its boxes and whatever else",
		"                was found there",
		"  error    list    a list that cannot be read",
		"  curl -s x",
		"  words with  a tail",
	}
	if got := fit(text); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

package brief

import (
	"strings"
	"testing"
)

func TestTextKeepsBothEndsOfWhatIsLong(t *testing.T) {
	for _, tc := range []struct {
		in   string
		most int
		want string
	}{
		{"short", 5, "short"},
		{"aaaabbbbcccc", 6, "aaaa … (6 bytes left out) … cc"},
		{"ääääää", 6, "ää … (6 bytes left out) … ä"},
		{"\xff\xff\xff\xff", 3, "\xff\xff … (1 bytes left out) … \xff"},
		{"\x80\x80\x80\x80", 3, " … (4 bytes left out) … "},
	} {
		if got := Text(tc.in, tc.most); got != tc.want {
			t.Errorf("Text(%q, %d) is %q, want %q", tc.in, tc.most, got, tc.want)
		}
	}
	if got := Text(strings.Repeat("x", 1<<20), 300); len(got) > 350 {
		t.Errorf("a text of %d bytes", len(got))
	}
}

func TestQuoteBoundsAndEscapes(t *testing.T) {
	if got := Quote("a\x1b\r"); got != `"a\x1b\r"` {
		t.Error(got)
	}
	want := `"` + strings.Repeat("ä", 50) + `"… (2000 bytes)`
	if got := Quote(strings.Repeat("ä", 1000)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestListCountsWhatItLeavesOut(t *testing.T) {
	if got := List([]float64{0.5, 1}); got != "[0.5 1]" {
		t.Error(got)
	}
	if got := List(make([]int, 200_000)); got != "[0 0 0 0 0 0 0 0 0 0 … and 199990 more]" {
		t.Error(got)
	}
	if got := List([]string{}); got != "[]" {
		t.Error(got)
	}
}

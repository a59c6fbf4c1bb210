package visible_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"acol/internal/visible"
)

func TestHiddenCharactersBecomeEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"bird.jpg":               "bird.jpg",
		"鳥 été 🦜 👩‍🔬 ½":          "鳥 été 🦜 👩‍🔬 ½",
		`C:\birds\new.jpg`:       `C:\birds\new.jpg`,
		"a\x1b[31mb":             `a\x1b[31mb`,
		"a\r\nacol: error: gone": `a\r\nacol: error: gone`,
		"a\tb\x00\x7f":           `a\tb\x00\x7f`,
		"a\u009b31m\u0085":       `a\u009b31m\u0085`,
		"gpj.\u202edrib\u2066":   `gpj.\u202edrib\u2066`,
		"a\u2028b\ufeff\u200f":   `a\u2028b\ufeff\u200f`,
		"a\xff\xc3(\xed\xa0\x80": `a\xff\xc3(\xed\xa0\x80`,
		"a\ufffdb":               "a\ufffdb",
		"\x9b31m":                `\x9b31m`,
		"":                       "",
	} {
		if got := visible.Text(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

type named string

func (n named) String() string { return "<" + string(n) + ">" }

func TestValuesOfFormatsAreMadeVisible(t *testing.T) {
	for _, c := range []struct {
		format string
		args   []any
		want   string
	}{
		{"%s and %v\n", []any{"a\nb", named("\x1b")}, "a\\nb and <\\x1b>\n"},
		{"%q", []any{"a\nb"}, `"a\nb"`},
		{"%-*s|%5.1f|%d|%t", []any{6, "a\r", 2.25, 7, true}, "a\\r    |  2.2|7|true"},
		{"%v %s", []any{[]string{"a\n", "b"}, []byte("\x1b")}, `[a\n b] \x1b`},
		{"%v", []any{map[string]int{"a\n": 1}}, `map[a\n:1]`},
		{"%s", []any{&fs.PathError{Op: "open", Path: "a\nb", Err: fs.ErrNotExist}}, `open a\nb: file does not exist`},
		{"%v", []any{errors.Join(errors.New("one\r"), errors.New("two"))}, `one\r; two`},
		{"%v", []any{nil}, "<nil>"},
	} {
		visible.Values(c.args)
		visible.Values(c.args) // twice is as once
		if got := fmt.Sprintf(c.format, c.args...); got != c.want {
			t.Errorf("%s gives %q, want %q", c.format, got, c.want)
		}
	}
}

// listed is an error with lines of its own.
type listed []string

func (l listed) Error() string   { return strings.Join(l, "\n") }
func (l listed) Lines() []string { return l }

func TestOnlyTheProgramsOwnLineBreaksBeginALine(t *testing.T) {
	forged := &fs.PathError{Op: "open", Path: "x\nacol: error: forged", Err: fs.ErrNotExist}
	const shown = `open x\nacol: error: forged: file does not exist`
	two := errors.Join(forged, errors.New("two"))
	for name, c := range map[string]struct {
		err  error
		want []string
	}{
		"a leaf":      {errors.New("a\nb"), []string{`a\nb`}},
		"wrapped":     {fmt.Errorf("reading\r: %w", forged), []string{`reading\r: ` + shown}},
		"unwrapped":   {errors.New("reading: " + two.Error()), []string{`reading: ` + shown + `\ntwo`}},
		"joined":      {two, []string{shown, "two"}},
		"join of one": {errors.Join(forged), []string{shown}},
		"a join in a join": {
			fmt.Errorf("a: %w, in\nb", errors.Join(two, errors.New("three"))),
			[]string{"a: " + shown, "two", `three, in\nb`},
		},
		"several wrapped": {
			fmt.Errorf("%w\n(%w)", fs.ErrExist, two), []string{`file already exists\n(` + shown, "two)"},
		},
		"lines of its own": {
			fmt.Errorf("a.yaml: %w", listed{"x\n", "y"}), []string{`a.yaml: x\n`, "y"},
		},
		"another text than it wraps": {other{two}, []string{`gone\n`}},
	} {
		if got := visible.Lines(c.err); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// other is an error whose text says nothing of what it wraps.
type other struct{ error }

func (other) Error() string   { return "gone\n" }
func (o other) Unwrap() error { return o.error }

func TestTheWriterKeepsLinesAndTabsAlone(t *testing.T) {
	const in = "a\tb\n\x1b[2Jé鳥\u202e\u009b\x7f\r\xff\n"
	for _, size := range []int{1, 2, 3, 100} {
		var b bytes.Buffer
		w := visible.NewWriter(&b)
		for part := range slices.Chunk([]byte(in), size) {
			if n, err := w.Write(part); n != len(part) || err != nil {
				t.Fatalf("%d bytes, %v", n, err)
			}
		}
		want := "a\tb\n\\x1b[2Jé鳥\\u202e\\u009b\\x7f\\r\\xff\n"
		if b.String() != want {
			t.Errorf("pieces of %d bytes: %q, want %q", size, b.String(), want)
		}
	}
	var b bytes.Buffer
	w := visible.NewWriter(&b)
	_, _ = w.Write([]byte("a\xe9\xb3"))
	if err := w.Flush(); err != nil || b.String() != `a\xe9\xb3` {
		t.Errorf("%q, error %v", b.String(), err)
	}
}

// full fails at the second write.
type full struct{ writes int }

func (f *full) Write(p []byte) (int, error) {
	if f.writes++; f.writes == 2 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

func TestTheFirstErrorOfWritingSticks(t *testing.T) {
	f := new(full)
	w := visible.NewWriter(f)
	for i, want := range []int{1, 0, 0} {
		if n, err := w.Write([]byte("x")); n != want || (err == nil) != (want == 1) {
			t.Errorf("write %d: %d bytes, error %v", i, n, err)
		}
	}
	if err := w.Flush(); err == nil || f.writes != 2 {
		t.Errorf("error %v after %d writes", err, f.writes)
	}
}

func TestJSONKeepsItsMeaning(t *testing.T) {
	want := []string{"a\x1b\u009b\x7f\u202e\n é鳥🦜"}
	var b bytes.Buffer
	if err := json.NewEncoder(visible.NewJSONWriter(&b)).Encode(want); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); s != `["a\u001b\u009b\u007f\u202e\n é鳥🦜"]`+"\n" {
		t.Errorf("%s", s)
	}
	var got []string
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, error %v", got, err)
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\x1b\n\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := visible.Text(s)
		if !utf8.ValidString(got) || visible.Text(got) != got {
			t.Errorf("%q becomes %q", s, got)
		}
		if strings.ContainsFunc(got, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
		}) {
			t.Errorf("%q becomes %q", s, got)
		}
		var b bytes.Buffer
		w := visible.NewWriter(&b)
		_, _ = w.Write([]byte(s))
		_ = w.Flush()
		same := strings.NewReplacer(`\n`, "\n", `\t`, "\t")
		if same.Replace(b.String()) != same.Replace(got) {
			t.Errorf("%q: the writer gives %q, Text %q", s, b.String(), got)
		}
	})
}

package main

import (
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

// build compiles acol with the tags of the test. Go keeps what it runs, and so links it once for
// many tests, where "go build" would link it anew; it is run by cp, which copies it.
func build(t *testing.T) string {
	t.Helper()
	args := []string{"run", "-exec", "cp"}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-tags" {
				args = append(args, "-tags", s.Value)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "acol")
	if out, err := exec.Command("go", append(args, "acol/cmd/acol", path)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// small are the kinds that make test tries, once each.
var small = regexp.MustCompile(
	`^(control|kill|inject-.*|full-disk|signal|broken-stderr|closed-pty|flip-.*|double|over|` +
		`force-kill|stale|names)$`)

func TestNothingIsLostAndNothingSilent(t *testing.T) {
	o := &options{acol: build(t), work: t.TempDir(), seed: 1, jobs: 4, tries: 1, only: small}
	results, err := campaign(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.skipped == "" && r.done != 1 {
			t.Errorf("%s: %d tries of 1", r.name, r.done)
		}
		for _, l := range r.lost {
			t.Errorf("%s, try %d: %v", r.name, l.number, l.err)
		}
	}
}

func TestALostTryIsAnErrorAndSaysHowToRepeatIt(t *testing.T) {
	o := &options{acol: "acol", seed: 7, work: filepath.Join(t.TempDir(), "kept")}
	var out strings.Builder
	err := report(&out, o, []result{
		{kind: kind{name: "flip-last"}, wanted: 9, done: 9,
			lost: []loss{{4, "w/flip-last-4", errors.New("used in silence")}}},
		{kind: kind{name: "full-disk"}, wanted: 3, skipped: "a tmpfs cannot be mounted"},
	})
	if err == nil || err.Error() != "1 tries are lost" {
		t.Errorf("error %v, want one lost try", err)
	}
	for _, want := range []string{
		"-seed 7 -only '^flip-last$' -first 4 -tries 1", "used in silence", "w/flip-last-4",
		"not tried: a tmpfs cannot be mounted",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
}

func TestTriesThatWereNotMadeAreNoSuccess(t *testing.T) {
	for done, want := range map[int]string{
		9: "nothing lost, nothing silent\n",
		4: "5 tries were not made: give more -minutes, or see above\n" +
			"nothing lost in the tries that were made\n",
	} {
		var out strings.Builder
		o := &options{work: filepath.Join(t.TempDir(), "gone")}
		err := report(&out, o, []result{{kind: kind{name: "kill"}, wanted: 9, done: done}})
		if err != nil || !strings.HasSuffix(out.String(), want) {
			t.Errorf("%d tries of 9: %v, report\n%swant at its end\n%s", done, err, out.String(), want)
		}
	}
}

func TestLogsAreEqualUpToTheClock(t *testing.T) {
	a, err := figuresOf([]byte(`{"epoch":1,"loss":0.5,"seconds":3}` + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := figuresOf([]byte(`{"epoch":1,"seconds":4,"loss":0.5,"images_per_second":9}` + "\n"))
	if err != nil || a != b {
		t.Errorf("%q and %q differ by the clock alone: %v", a, b, err)
	}
	if c, err := figuresOf([]byte(`{"epoch":1,"loss":0.25,"seconds":3}`)); err != nil || c == a {
		t.Errorf("another loss gives the same figures %q: %v", c, err)
	}
	if _, err := figuresOf([]byte("{\n")); err == nil {
		t.Error("half a line passes")
	}
}

func TestDumpsOfTheRuntimeAreSeen(t *testing.T) {
	for text, want := range map[string]string{
		"acol: error: out of memory\n":                   "",
		"fatal error: runtime: out of memory\n":          "fatal error: ",
		"panic: oh\n\ngoroutine 1 [running]:\nmain.main": "goroutine ",
	} {
		if got := dump(text); got != want {
			t.Errorf("dump(%q) = %q, want %q", text, got, want)
		}
	}
}

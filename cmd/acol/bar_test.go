package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"

	"acol/internal/train"
)

// barAt is a bar of 400 images of which 100 took a minute and a half.
func barAt(what string) (b *bar, now time.Time) {
	now = time.Now()
	b = &bar{unit: "img", total: 400, done: 100, pace: pace{begin: now.Add(-90 * time.Second)}}
	b.describe(what)
	return b, now
}

func TestABarFitsIntoItsTerminal(t *testing.T) {
	const training = "epoch 3/12 step 7/20 loss p 1.234 p 0.987 top-1 81.2 % 12 img/s"
	for _, tc := range []struct {
		what  string
		width int
		want  string
	}{
		{"measuring test", 80,
			"measuring test  25% |█████               | 100/400 img, 4m30s left"},
		{"measuring test", 60, "measuring test  25% |██        | 100/400 img, 4m30s left"},
		{"measuring test", 50, "measuring test  25% 100/400 img, 4m30s left"},
		{"measuring test", 40, "measuring test  25% 4m30s left"},
		{"measuring test", 25, "measurin…  25% 4m30s left"},
		{"measuring test", 20, " 25% 4m30s left"},
		{"measuring test", 10, " 25%"},
		{"measuring test", 4, " 25%"},
		{"measuring test", 3, "25%"},
		{"measuring test", 2, ""},
		{"measuring test", 0, ""},
		{training, 80,
			"epoch 3/12 step 7/20 loss p 1.234 p 0.987 top-1 81.2 % 12 img/s  25% 4m30s left"},
		{training, 40, "epoch 3/12 step 7/20 lo…  25% 4m30s left"},
		{"鳥の写真.pth", 30, "鳥の写真.pth  25% 4m30s left"},
		{"鳥の写真.pth", 25, "鳥の写真…  25% 4m30s left"},
		{"", 80, "  25% |█████               | 100/400 img, 4m30s left"},
	} {
		b, now := barAt(tc.what)
		got := b.line(tc.width, now)
		if uniseg.StringWidth(got) > tc.width {
			t.Errorf("%q is wider than %d columns", got, tc.width)
		}
		if got != tc.want {
			t.Errorf("%s in %d columns: %q, want %q", tc.what, tc.width, got, tc.want)
		}
	}
}

func TestBytesAreShownInMiB(t *testing.T) {
	b, now := barAt("resnet18.pth")
	b.unit, b.total, b.done = kib, 40<<10, 10<<10
	want := "resnet18.pth  25% |█████               | 10.0/40.0 MiB, 4m30s left"
	if got := b.line(80, now); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s, _, messages := memoryIO()
	p := newProgress(s, "resnet18.pth", kib)
	p.next = p.next.Add(-plainEvery)
	p.update(10<<10, 40<<10)
	if want := "acol: resnet18.pth: 10.0 of 40.0 MiB\n"; messages.String() != want {
		t.Errorf("%q, want %q", messages, want)
	}
}

func TestNoWidthIsTooSmallForABar(t *testing.T) {
	for width := -2; width < 120; width++ {
		b, now := barAt("a\x1b[31m🦜 été of a long name that nobody cuts")
		line := b.line(width, now)
		if n := uniseg.StringWidth(line); n > max(0, width) || strings.Contains(line, "\x1b") {
			t.Errorf("%d columns: %q has %d", width, line, n)
		}
	}
}

// A terminal that is made narrower gets narrower lines at once.
func TestABarFollowsItsTerminal(t *testing.T) {
	var out bytes.Buffer
	width := 80
	s := &streams{Err: &out, bars: &out, Terminal: true, columns: func() int { return width }}
	b := newBar(s, 400, 0, "img")
	b.describe("measuring test")
	for _, width = range []int{80, 40, 10, 60} {
		out.Reset()
		b.draw(time.Now())
		line := strings.TrimPrefix(out.String(), "\r")
		if n := uniseg.StringWidth(line); n == 0 || n >= width {
			t.Errorf("%d columns of %d: %q", n, width, line)
		}
	}
	out.Reset()
	s.say("done")
	text := out.String()
	if !strings.HasSuffix(text, "\racol: done\n") || strings.Count(text, " ") < 40 {
		t.Errorf("a message beside the bar: %q", text)
	}
	out.Reset()
	s.say("again")
	if out.String() != "acol: again\n" {
		t.Errorf("a bar that is gone is taken away again: %q", out.String())
	}
}

func TestTimeLeftIsToldInTwoUnits(t *testing.T) {
	now := time.Now()
	for _, tc := range []struct {
		took              time.Duration
		from, done, total int
		want              string
		why               string
	}{
		{10 * time.Second, 0, 10, 20, "10s left", ""},
		{time.Second, 0, 1, 81, "1m20s left", ""},
		{time.Minute, 0, 1, 186, "3h05m left", ""},
		{time.Hour, 0, 1, 53, "2d04h left", ""},
		{10 * time.Second, 90, 100, 200, "1m40s left", "what was done before says nothing"},
		{time.Second / 2, 0, 1, 2, "", "too early to say"},
		{time.Minute, 0, 0, 2, "", "nothing is done"},
		{time.Minute, 0, 2, 2, "", "all is done"},
		{time.Minute, 0, 999, 1000, "1s left", ""},
	} {
		if got := (pace{now.Add(-tc.took), tc.from}).left(tc.done, tc.total, now); got != tc.want {
			t.Errorf("%d of %d after %v: %q, want %q: %s",
				tc.done, tc.total, tc.took, got, tc.want, tc.why)
		}
	}
}

// Without a terminal a line now and then says how far it is, and how long it still takes.
func TestLinesOfProgressTellTheTimeLeft(t *testing.T) {
	s, _, messages := memoryIO()
	p := newProgress(s, "measuring test", "img")
	p.update(1, 400)
	if messages.Len() > 0 {
		t.Errorf("told at once: %s", messages)
	}
	p.pace.begin, p.next = p.pace.begin.Add(-90*time.Second), time.Time{}
	p.update(100, 400)
	p.update(101, 400)
	if want := "acol: measuring test: 100 of 400 img, 4m30s left\n"; messages.String() != want {
		t.Errorf("%q, want %q", messages, want)
	}
	s, _, messages = memoryIO()
	v := &trainView{s: s, names: []string{"p"}, plan: train.Plan{Epochs: 4, StepsPerEpoch: 100}}
	v.pace.begin = time.Now().Add(-90 * time.Second)
	v.Step(train.StepInfo{Epoch: 0, Step: 99, Losses: []float64{1.5}, Top1: 50, Rate: 12})
	want := "acol: epoch 1/4 step 100/100 loss p 1.500 top-1 50.0 % 12 img/s, 4m30s left\n"
	if messages.String() != want {
		t.Errorf("%q, want %q", messages, want)
	}
}

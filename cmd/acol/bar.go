package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rivo/uniseg"
	"github.com/schollz/progressbar/v3"

	"acol/internal/visible"
)

// pace estimates how long something still takes from how far it is.
type pace struct {
	begin time.Time
	from  int // what was done at begin
}

// left is how long the rest takes at the pace of what was done, such as "1m20s left"; "" while too
// little is done to say.
func (p pace) left(done, total int, now time.Time) string {
	const settled = time.Second // before which a pace says little
	took := now.Sub(p.begin)
	if p.begin.IsZero() || done <= p.from || done >= total || took < settled {
		return ""
	}
	seconds := took.Seconds() / float64(done-p.from) * float64(total-done)
	return shortDuration(time.Duration(seconds*float64(time.Second))) + " left"
}

// shortDuration writes a duration in its two largest units, such as 45s, 1m20s, 3h05m or 2d04h.
func shortDuration(d time.Duration) string {
	const day = 24 * time.Hour
	switch d = max(d.Round(time.Second), time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%02dh", d/day, d%day/time.Hour)
}

// bar is a line of a terminal that shows how much is done and is written over as that grows. It is
// never as wide as the terminal, which is asked each time for its width: a wider line would be
// broken in two, and not be written over. Package progressbar draws the bar itself; by its own
// writer it would fit that, but not the text beside it.
type bar struct {
	w       io.Writer
	mu      sync.Mutex // of all below
	columns func() int
	what    string
	unit    string
	total   int
	pace    pace
	done    int
	drawn   int // columns of the line that stands on the terminal
	last    time.Time
}

// barEvery is the least time between two drawings.
const barEvery = 100 * time.Millisecond

// newBar is a bar on the terminal behind Err, of a number of things of which some are done. What
// is said from now on takes it away first.
func newBar(s *streams, total, done int, unit string) *bar {
	b := &bar{
		w: s.bars, columns: s.columns, unit: unit, total: total, done: done,
		pace: pace{time.Now(), done},
	}
	s.bar.Store(b)
	return b
}

// set says how much is done.
func (b *bar) set(done int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = done
	if now := time.Now(); now.Sub(b.last) >= barEvery {
		b.draw(now)
	}
}

// describe says what stands before the bar.
func (b *bar) describe(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.what = visible.Text(what)
}

// draw writes the line over the one that stands there.
func (b *bar) draw(now time.Time) {
	b.last = now
	room := b.room()
	line := b.line(room, now)
	n := uniseg.StringWidth(line)
	blanks := max(0, min(b.drawn, room)-n)
	printBar(b.w, "\r"+line+strings.Repeat(" ", blanks))
	b.drawn = n
}

// room is how many columns a line may have: a full one would put the cursor on the next.
func (b *bar) room() int {
	width := defaultColumns
	if b.columns != nil {
		width = b.columns()
	}
	return width - 1
}

// clear takes the line away, so that another can stand there.
func (b *bar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drawn == 0 {
		return
	}
	printBar(b.w, "\r"+strings.Repeat(" ", max(0, min(b.drawn, b.room())))+"\r")
	b.drawn = 0
	b.last = time.Time{}
}

// line is what fits into a number of columns, of what is done, the share, a bar, the count and the
// time left: in narrow terminals the bar goes first, then the count, then the end of the text.
func (b *bar) line(width int, now time.Time) string {
	percent := strings.TrimPrefix(meter("", b.done, b.total, 0), " ")
	count := fmt.Sprintf(" %d/%d %s", b.done, b.total, b.unit)
	if b.unit == kib {
		count = fmt.Sprintf(" %.1f/%.1f MiB", mib(b.done), mib(b.total))
	}
	left := b.pace.left(b.done, b.total, now)
	if left != "" {
		count, left = count+", "+left, " "+left
	}
	const long, short = 20, 10
	what := b.what
	if what != "" {
		what += " "
	}
	for _, line := range []string{
		meter(b.what, b.done, b.total, long) + count,
		meter(b.what, b.done, b.total, short) + count,
		what + percent + count,
		what + percent + left,
	} {
		if uniseg.StringWidth(line) <= width {
			return line
		}
	}
	const fewest = 8 // columns of a text that still says something
	end := " " + percent + left
	if room := width - uniseg.StringWidth(end); room >= fewest {
		return cutText(b.what, room) + end
	}
	for _, line := range []string{percent + left, percent, strings.TrimSpace(percent)} {
		if uniseg.StringWidth(line) <= width {
			return line
		}
	}
	return ""
}

// kib is the unit of bytes. They are counted in it and shown in MiB.
const kib = "KiB"

// mib is a number of KiB in MiB.
func mib(kib int) float64 { return float64(kib) / 1024 }

// meter is a text, what is done in percent, and a bar of a number of columns; 0 is no bar.
func meter(what string, done, total, width int) string {
	total = max(total, 1)
	b := progressbar.NewOptions(total,
		progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionSetDescription(what), progressbar.OptionSetWidth(width),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetTheme(progressbar.Theme{
			Saucer: "█", SaucerPadding: " ", BarStart: "|", BarEnd: "|",
		}))
	_ = b.Set(min(done, total)) // which fails beyond the total alone
	line := strings.TrimRight(strings.TrimPrefix(b.String(), "\r"), " ")
	if width == 0 {
		line = strings.TrimSuffix(line, " ||")
	}
	return line
}

// cutText is the beginning of a text that fits into a number of columns, with … where it is cut.
func cutText(text string, width int) string {
	if uniseg.StringWidth(text) <= width {
		return text
	}
	var kept strings.Builder
	used := 1 // of the …
	for g := uniseg.NewGraphemes(text); g.Next() && used+g.Width() <= width; used += g.Width() {
		kept.WriteString(g.Str())
	}
	return kept.String() + "…"
}

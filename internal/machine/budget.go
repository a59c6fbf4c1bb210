package machine

import (
	"fmt"
	"slices"
	"strings"
)

// Budget sums up the memory that something is going to take, before any of it is taken, and holds
// it against what this process may take. It is not safe for concurrent use.
type Budget struct {
	limit Limit
	parts []part
}

type part struct {
	what  string
	bytes int64
}

// NewBudget is an empty budget of a bound. A bound that is not known allows everything.
func NewBudget(l Limit) *Budget { return &Budget{limit: l} }

// Take adds what is needed for something, in words such as "activations". A sum that is beyond the
// bound is a *ShortError.
func (b *Budget) Take(what string, bytes int64) error {
	at := slices.IndexFunc(b.parts, func(p part) bool { return p.what == what })
	if at < 0 {
		at = len(b.parts)
		b.parts = append(b.parts, part{what: what})
	}
	b.parts[at].bytes += max(0, bytes)
	if e := b.short(); e.Need > b.limit.Free && b.limit.Known {
		return e
	}
	return nil
}

// Need is the sum of what was taken, in bytes.
func (b *Budget) Need() int64 { return b.short().Need }

// Left is what the bound leaves for more, in bytes, and false where it is not known.
func (b *Budget) Left() (int64, bool) { return b.limit.Free - b.Need(), b.limit.Known }

func (b *Budget) short() *ShortError {
	e := &ShortError{Limit: b.limit}
	for _, p := range b.parts {
		e.Need += p.bytes
	}
	sorted := slices.Clone(b.parts)
	slices.SortStableFunc(sorted, func(p, q part) int { return int(min(max(q.bytes-p.bytes, -1), 1)) })
	for _, p := range sorted {
		e.parts = append(e.parts, p.what+" "+Size(p.bytes))
	}
	return e
}

// ShortError says that something needs more memory than this process may take.
type ShortError struct {
	Need  int64 // bytes
	Limit Limit
	parts []string
}

func (e *ShortError) Error() string {
	return fmt.Sprintf("not enough memory: %s are needed (%s), and %s leaves %s of %s",
		Size(e.Need), strings.Join(e.parts, ", "), e.Limit.By, Size(e.Limit.Free), Size(e.Limit.Total))
}

// Hint says what to do where nothing smaller can be asked for.
func (e *ShortError) Hint() string {
	return "free memory, raise that limit, or take a smaller network or a smaller data.input.size"
}

// Size writes a number of bytes in MiB or GiB.
func Size(n int64) string {
	if n < 10<<30 {
		return fmt.Sprintf("%d MiB", (n+1<<19)>>20)
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

package data

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"acol/internal/data/seeded"
)

// ErrFewImages is of a share for which no class has enough images.
var ErrFewImages = errors.New("too few images to hold any out")

// mostHeld is the largest share of the training images that val and test may take together.
const mostHeld = 0.9

// validateShares reports shares of the training images that cannot be.
func (c Config) validateShares(bad func(key, msg string)) {
	ok := true
	for _, s := range []struct {
		key   string
		share float64
	}{{"val_share", c.ValShare}, {"test_share", c.TestShare}} {
		if !(s.share >= 0 && s.share <= mostHeld) {
			bad(s.key, fmt.Sprintf("%g is not in 0 to %g", s.share, mostHeld))
			ok = false
		}
	}
	if sum := c.ValShare + c.TestShare; ok && sum > mostHeld {
		bad("val_share", fmt.Sprintf("%g and data.test_share, %g, leave less than a tenth of the "+
			"images to train on", c.ValShare, c.TestShare))
	}
}

// openShare opens a split of a data set of which val, test or both are a share of the training
// images. A survey of such a share reports nothing of the lists, which a survey of train reports.
func openShare(cfg Config, split string, report func(*Problem)) (*Split, error) {
	whole := cfg
	whole.ValShare, whole.TestShare = 0, 0
	if cfg.ValShare > 0 {
		whole.Val, whole.ValEvery = "", 0
	}
	if cfg.TestShare > 0 {
		whole.Test = ""
	}
	held := split == "val" && cfg.ValShare > 0 || split == "test" && cfg.TestShare > 0
	if split != "train" && !held {
		return open(whole, split, report)
	}
	if report != nil && held {
		report = func(*Problem) {}
	}
	s, err := open(whole, "train", report)
	if err != nil {
		return nil, err
	}
	s.Name = split
	part := partOf(s.Samples, cfg)
	kept := s.Samples[:0]
	for i, sample := range s.Samples {
		if part[i] == split {
			kept = append(kept, sample)
		}
	}
	clear(s.Samples[len(kept):])
	s.Samples = kept
	if held {
		s.LeftOut, s.WhyLeftOut = 0, nil
	}
	if len(kept) == 0 {
		key, _, _ := cfg.folderOf(split)
		return nil, fmt.Errorf("opening split %s: %s: the classes of %q have %w",
			split, key, cfg.Train, ErrFewImages)
	}
	s.look()
	return s, nil
}

// partOf gives the split of each sample of the whole of the training images. The samples of a class
// are drawn by a number that depends on the seed and on their ids alone: those with the smallest
// go to test, and the next ones to val.
func partOf(all []Sample, cfg Config) []string {
	type ticket struct {
		draw uint64
		at   int
	}
	classes := map[int][]ticket{}
	for i := range all {
		h := fnv.New64a()
		_, _ = h.Write([]byte(all[i].ID))
		draw := seeded.Rand(seeded.Share, cfg.ShareSeed, h.Sum64()).Uint64()
		classes[all[i].Label] = append(classes[all[i].Label], ticket{draw, i})
	}
	part := make([]string, len(all))
	for _, tickets := range classes {
		slices.SortFunc(tickets, func(a, b ticket) int {
			return cmp.Or(cmp.Compare(a.draw, b.draw), cmp.Compare(all[a.at].ID, all[b.at].ID))
		})
		test, val := heldOf(len(tickets), cfg)
		for k, t := range tickets {
			switch {
			case k < test:
				part[t.at] = "test"
			case k < test+val:
				part[t.at] = "val"
			default:
				part[t.at] = "train"
			}
		}
	}
	return part
}

// heldOf gives how many of the n images of a class go to test and to val: their shares, rounded,
// but at least one each, as long as one is left to train on.
func heldOf(n int, cfg Config) (test, val int) {
	count := func(share float64) int {
		if share == 0 {
			return 0
		}
		return max(1, int(math.Round(share*float64(n))))
	}
	test, val = count(cfg.TestShare), count(cfg.ValShare)
	for test+val >= n {
		if val >= test && val > 0 {
			val--
		} else {
			test--
		}
	}
	return test, val
}

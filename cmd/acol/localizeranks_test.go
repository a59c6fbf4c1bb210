package main

import (
	"fmt"
	"slices"
	"testing"

	"acol/internal/mpi"
	"acol/internal/sources"
)

func TestNumberedPhotographsAreSharedOutEvenly(t *testing.T) {
	var inputs []*sources.Image
	for i := range 100 {
		inputs = append(inputs, &sources.Image{Path: fmt.Sprintf("photos/IMG_%04d.jpg", i)})
	}
	for rank := range 4 {
		mine := shareInputs(inputs, mpi.New(rank, 4, nil))
		if len(mine) != 25 || mine[0] != 25*rank {
			t.Errorf("rank %d of 4 has %d of 100 images, the first is %d", rank, len(mine), mine[0])
		}
	}
}

func TestInputsWhoseOutputsMayHaveOneNameAreOneRanks(t *testing.T) {
	var inputs []*sources.Image
	for _, path := range []string{"a/Bird.jpg", "b/cat.png", "b/bird.crop.png", "c/bird-2.png", "c/dog-2.png"} {
		inputs = append(inputs, &sources.Image{Path: path})
	}
	var all []int
	for rank := range 3 {
		mine := shareInputs(inputs, mpi.New(rank, 3, nil))
		if slices.Contains(mine, 0) != slices.Contains(mine, 2) || slices.Contains(mine, 0) != slices.Contains(mine, 3) {
			t.Errorf("rank %d has %v: the birds are apart", rank, mine)
		}
		all = append(all, mine...)
	}
	if slices.Sort(all); !slices.Equal(all, []int{0, 1, 2, 3, 4}) {
		t.Errorf("the ranks have %v", all)
	}
}

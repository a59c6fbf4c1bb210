package main

import (
	"fmt"

	"acol/internal/data/pixels"
)

// sayView says where the network sees the middle of a picture alone, so that nobody looks for a
// fault in the maps.
func sayView(s *streams, in pixels.Input) {
	if in.Resize != pixels.Short && in.TestResize == in.Size {
		return
	}
	square := ""
	if in.Resize == pixels.Short {
		square = " square"
	}
	share := ""
	if in.TestResize > in.Size {
		share = fmt.Sprintf(", %d of %d pixels each way", in.Size, in.TestResize)
	}
	s.say("the network sees the middle%s of each picture%s: nothing is found outside of it",
		square, share)
	whole := fmt.Sprintf("--set data.input.test_resize=%d", in.Size)
	if in.Resize == pixels.Short {
		whole += " --set data.input.resize=warp"
	}
	s.hint("%s shows it the whole picture", whole)
}

package main

import (
	"time"

	"acol/internal/kernel/device"
)

// prepareDevice has a device tell of what its plugin compiles, keep it for later sessions, and
// leave it when the command is to end.
func prepareDevice(s *streams, b *device.Backend) {
	b.Until(s.stopped)
	b.Tell(func(c device.Compilation) { tellCompilation(s, c) })
	dir, err := device.CompiledFolder()
	if err == nil && dir != "" {
		var kept *device.Compiled
		if kept, err = device.OpenCompiled(dir); err == nil {
			b.Keep(kept)
		}
	}
	if err != nil {
		s.say("warning: %v", err)
		s.hint("each session compiles anew; ACOL_COMPILED names another folder, or is off")
	}
}

// tellCompilation says how far a compilation is.
func tellCompilation(s *streams, c device.Compilation) {
	took := c.Took.Round(time.Second / 10)
	switch {
	case !c.Done:
		s.say("compiling %s for the device: %v so far", counted(c.Operations, "operation"), took)
	case c.Found:
		s.say("%s for the device, compiled before: %v", counted(c.Operations, "operation"), took)
	case c.Kept != "":
		s.say("compiled in %v, and kept in %s", took, c.Kept)
	default:
		s.say("compiled in %v", took)
	}
	if c.Err != nil {
		s.say("warning: %v", c.Err)
	}
}

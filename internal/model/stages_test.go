package model

import (
	"strings"
	"testing"
)

// Layer-wise rates need the stage of every parameter, which is also that by which it is frozen.
func TestEveryParameterKnowsItsStage(t *testing.T) {
	for _, a := range architectures {
		for _, v := range a.variants {
			cfg := DefaultConfig()
			cfg.Backbone.Arch, cfg.Backbone.Depth = a.name, a.networks[0].depth
			cfg.Backbone.Variant = v.name
			m, err := New(cfg, 2)
			if err != nil {
				t.Fatal(err)
			}
			seen, last := map[int]int{}, 0
			for _, p := range m.Params() {
				if head := strings.HasPrefix(p.Name, "branches."); head != (p.Stage == 0) {
					t.Errorf("%s %s: %s is of stage %d", a.name, v.name, p.Name, p.Stage)
				}
				if p.Stage > 0 && p.Stage < last {
					t.Errorf("%s %s: %s is of stage %d, after one of %d",
						a.name, v.name, p.Name, p.Stage, last)
				}
				seen[p.Stage]++
				last = max(last, p.Stage)
			}
			stages := a.stages
			if v.name == "wsol" { // which ends one stage before
				stages--
			}
			for s := range stages + 1 {
				if seen[s] == 0 {
					t.Errorf("%s %s: no parameter is of stage %d of %d", a.name, v.name, s, stages)
				}
			}
			if last > stages {
				t.Errorf("%s %s: a parameter is of stage %d of %d", a.name, v.name, last, stages)
			}
		}
	}
}

package model

import (
	"fmt"
	"slices"

	"acol/internal/weights"
)

// exportFormats are the formats in which Export gives out a model's tensors.
var exportFormats = []string{"acol", "torchvision", "authors", "wsol", "junkwhinger"}

// ExportFormats lists the formats of Export; docs/weights.md describes them.
func ExportFormats() []string { return slices.Clone(exportFormats) }

// Export returns the model's tensors under the names of a format's program, as its
// load_state_dict(strict=True) wants them. It is an error if that program has no place for the
// model's heads. torchvision's network has place for the first branch at most: left lists the
// heads' tensors that it does without. The tensors are copies.
func (m *Model) Export(format string) (sd *weights.StateDict, left []string, err error) {
	s, err := m.cfg.exportScheme(format)
	if err != nil {
		return nil, nil, fmt.Errorf("exporting to %s: %w", format, err)
	}
	state, err := m.State()
	if err != nil {
		return nil, nil, err
	}
	sd, left = weights.Foreign(state, s.pairs(m.cfg))
	if len(left) > 0 && s.name != torchvisionNames.name {
		return nil, nil, fmt.Errorf("exporting to %s: it has no place for %s",
			format, weights.Abbreviate(left))
	}
	return sd, left, nil
}

// exportScheme returns the names that a format has for a model, or why it has none.
func (c Config) exportScheme(format string) (scheme, error) {
	if format == "wsol" && len(c.Branches.Kinds) == 1 && c.Branches.Head == LinearHead &&
		!c.SPG.Use {
		format = torchvisionNames.format // of which wsolevaluation's CAM is then a copy
	}
	err := fmt.Errorf("want one of %v", exportFormats)
	for _, s := range schemes() {
		if s.format != format {
			continue
		}
		if err = s.fits(c); err == nil {
			return s, nil
		}
	}
	return scheme{}, err
}

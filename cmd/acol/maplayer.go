package main

import (
	"errors"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"acol/internal/model"
	"acol/internal/weights"
)

// hintLayer adds to a layer that a network does not have which ones it has.
func hintLayer(err error) error {
	var missing *model.LayerError
	if !errors.As(err, &missing) {
		return err
	}
	last := slices.Clone(missing.Layers)
	slices.Reverse(last)
	return hinted{usageError{err}, "its layers from the last one on are " +
		weights.Abbreviate(last) + "; acol inspect RUN or NETWORK lists all"}
}

// completeLayer offers the layers that maps can be of, the last ones first, of the network that the
// flags so far name.
func completeLayer(c *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
	names := layersHere(c)
	slices.Reverse(names)
	const how = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	return beginning(names, text), how
}

// layersHere lists the layers of the classifier or of the run that the flags of a command name so
// far; nil where that is not known.
func layersHere(c *cobra.Command) []string {
	var cfg model.Config
	if f := c.Flags().Lookup("model"); f != nil && f.Changed {
		found, err := model.FindClassifier(f.Value.String())
		if err != nil {
			return nil
		}
		cfg = found.Config
	} else {
		rec, err := runOf(c).Recipe(nil, os.Environ())
		if err != nil {
			return nil
		}
		cfg = rec.Model
	}
	const classes = 2 // whose number changes no name
	cfg.Loss.ClassWeights = nil
	m, err := model.New(cfg, classes)
	if err != nil {
		return nil
	}
	return m.MapLayers()
}

// headMaps is the method and the layer of a command that shows the maps of the heads alone,
// whatever a recipe asks for. That it asks for others is said.
func headMaps(s *streams, asked model.MapSource) (model.MapMethod, string) {
	if !asked.IsCAM() {
		s.say("warning: maps of %s are for acol localize, eval and sweep: these are cam's", asked)
	}
	return model.CAM, ""
}

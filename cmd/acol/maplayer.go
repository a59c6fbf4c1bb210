package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/weights"
)

// sayMaps says how the maps are made, where the heads of the model do not make them.
func sayMaps(s *streams, maps model.MapSource, kinds string) {
	if maps.IsCAM() {
		return
	}
	of := ""
	if len(kinds) > 1 {
		of = " in the first branch"
	}
	s.say("maps are %s, of the logit of the class%s", maps, of)
}

// mapSection is a section of a recipe whose keys method and layer say how maps are made; empty is
// none.
type mapSection string

// The sections.
const (
	evalMaps     mapSection = "eval"
	localizeMaps mapSection = "localize"
)

// of returns the maps that a recipe's section asks for.
func (at mapSection) of(rec *recipe.Recipe) model.MapSource {
	switch at {
	case evalMaps:
		return rec.Eval.Maps()
	case localizeMaps:
		return rec.Localize.Maps()
	}
	return model.MapSource{}
}

// checkLayers refuses a recipe of whose sections one names a layer that the network m lacks.
func checkLayers(rec *recipe.Recipe, m *model.Model, sections ...mapSection) error {
	for _, at := range sections {
		maps := at.of(rec)
		if maps.IsCAM() {
			continue
		}
		if _, err := m.FindMapLayer(maps.Layer); err != nil {
			return hintLayer(fmt.Errorf("%s.layer: %w", at, err))
		}
	}
	return nil
}

// checkRecipeLayers refuses a recipe that names a layer that its network lacks. It makes the
// network only where a layer is named.
func checkRecipeLayers(rec *recipe.Recipe) error {
	if rec.Eval.Layer == "" && rec.Localize.Layer == "" {
		return nil
	}
	m, err := networkOf(rec.Model)
	if err != nil {
		return err
	}
	return checkLayers(rec, m, evalMaps, localizeMaps)
}

// networkOf makes the network of a recipe, untrained and for any classes: its layers are the same
// for all.
func networkOf(cfg model.Config) (*model.Model, error) {
	const classes = 2
	cfg.Loss.ClassWeights = nil
	return model.New(cfg, classes)
}

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
	m, err := networkOf(cfg)
	if err != nil {
		return nil
	}
	return m.MapLayers()
}

// headMaps is the method and the layer of a command that shows the maps of the heads alone,
// whatever a recipe asks for. That it asks for others is said.
func headMaps(s *streams, asked model.MapSource) (model.MapMethod, string) {
	if !asked.IsCAM() {
		s.say("warning: this shows the maps of the heads, cam, and not %s; "+
			"acol localize, eval, sweep and report show those", asked)
	}
	return model.CAM, ""
}

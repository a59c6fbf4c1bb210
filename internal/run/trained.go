package run

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"strconv"

	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/section"
	"acol/internal/weights"
)

// The keys of a checkpoint's metadata.
const (
	classesKey = "acol_classes" // the names of the classes as a JSON list, in the order of the labels
	epochKey   = "epoch"        // how many epochs the model has been trained for
	formatKey  = "format"       // pt: what PyTorch's readers look for

	// ThresholdKey has what val chose for boxes, a fraction of a map's maximum or a rule, where val
	// has boxes.
	ThresholdKey = "acol_threshold"
)

// Trained is a model with what is needed to use it.
type Trained struct {
	// Name is what people call the model: the last part of the run's folder, or the network's name.
	Name string
	// Dir is the run's folder; it is empty for a model of OpenClassifier.
	Dir        string
	Checkpoint string // the file that the model was read from
	Recipe     *recipe.Recipe
	Model      *model.Model
	// Classes are the names of the model's classes, in the order of its logits.
	Classes []string
	// Epoch is how many epochs the model has been trained for; 0 where the file does not say.
	Epoch int
	// Threshold is what val chose for the boxes of this very model, a fraction of a map's maximum
	// or a rule; empty where it chose nothing, because there was no val split or it has no boxes.
	Threshold section.Threshold
	// Sum is weights.StateDict.Sum of the checkpoint, the identity of its weights.
	Sum string
}

// Open reads the run's recipe, with overrides as in Recipe, and one of its models: last, best or
// the path of a file. A folder without a recipe is ErrNotRun, a checkpoint that is not there
// fs.ErrNotExist.
func (f Folder) Open(checkpoint string, set, env []string) (*Trained, error) {
	rec, err := f.Recipe(set, env)
	if err != nil {
		return nil, err
	}
	t := &Trained{
		Name: filepath.Base(filepath.Clean(string(f))), Dir: string(f),
		Checkpoint: f.Checkpoint(checkpoint), Recipe: rec,
	}
	sd, info, err := weights.Open(t.Checkpoint)
	if err != nil {
		return nil, fmt.Errorf("loading the model of %s: %w", f, err)
	}
	if t.Sum = info.Sum; t.Sum == "" {
		t.Sum = sd.Sum()
	}
	if t.Classes = Classes(sd.Metadata); len(t.Classes) == 0 {
		return nil, fmt.Errorf("loading %s: its metadata has no class names (%s): "+
			"not a checkpoint of acol", t.Checkpoint, classesKey)
	}
	if t.Model, err = model.New(rec.Model, len(t.Classes)); err != nil {
		return nil, err
	}
	if err := t.Model.LoadAll(sd); err != nil {
		return nil, fmt.Errorf("loading %s: %w", t.Checkpoint, err)
	}
	t.Epoch, _ = epochOf(sd.Metadata)
	t.Threshold = thresholdOf(sd.Metadata)
	return t, nil
}

// Classes returns the class names of the run's last model; nil where there is no such model or
// its file does not say.
func (f Folder) Classes() []string {
	last, err := weights.OpenFile(f.LastPath())
	if err != nil {
		return nil
	}
	defer func() { _ = last.Close() }()
	return Classes(last.Metadata())
}

// Save makes the folder that of a finished training of a model that was not trained here: the
// recipe, and the model as the last checkpoint. More goes into the checkpoint's metadata.
func (f Folder) Save(
	rec *recipe.Recipe, m *model.Model, classes []string, more map[string]string,
) error {
	if err := f.SaveRecipe(rec); err != nil {
		return err
	}
	sd, err := m.State()
	if err != nil {
		return err
	}
	if sd.Metadata, err = Metadata(classes, rec.Train.Epochs, ""); err != nil {
		return err
	}
	maps.Copy(sd.Metadata, more)
	return weights.WriteSafetensorsFile(f.LastPath(), sd)
}

// Metadata is what goes into every checkpoint, so that its model can be used: the names of the
// classes, how many epochs the model has been trained for, and the threshold that val chose for its
// boxes, unless that is empty.
func Metadata(classes []string, epoch int, threshold section.Threshold) (map[string]string, error) {
	text, err := json.Marshal(classes)
	meta := map[string]string{
		formatKey: "pt", classesKey: string(text), epochKey: strconv.Itoa(epoch),
	}
	if threshold != "" {
		meta[ThresholdKey] = string(threshold)
	}
	return meta, err
}

// Classes reads the class names out of a checkpoint's metadata; nil where there are none.
func Classes(metadata map[string]string) []string {
	var classes []string
	if json.Unmarshal([]byte(metadata[classesKey]), &classes) != nil {
		return nil
	}
	return classes
}

func epochOf(metadata map[string]string) (epoch int, ok bool) {
	epoch, err := strconv.Atoi(metadata[epochKey])
	return epoch, err == nil
}

// thresholdOf reads the threshold that val chose; empty where the metadata has none that is one.
func thresholdOf(metadata map[string]string) section.Threshold {
	if t := section.Threshold(metadata[ThresholdKey]); t.Cuts() {
		return t
	}
	return ""
}

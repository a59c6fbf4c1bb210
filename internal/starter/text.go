package starter

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"acol/internal/data"
	"acol/internal/recipe"
	"acol/internal/scout"
)

// entry is a key of a recipe with its value as YAML and, if it is not "", a comment.
type entry struct {
	key, value, comment string
}

// Recipe is the recipe that Write makes.
type Recipe struct {
	// File is the path of the file that the recipe goes into.
	File string
	// Commands are lines for a shell that use the recipe, for the comment at its beginning.
	Commands []string
	Found    *scout.Found
	Network  Network
	Speed    Speed
	// Took says how long a training takes here, in words; "" if that was not measured.
	Took string
	// Set holds overrides as recipe.Options has them, which become values in the file.
	Set []string
	// Sizes are the numbers of epochs and of images in a batch.
	Epochs, Batch int
}

// Text writes the recipe as YAML with comments, and gives what it says. It is an error if an
// override is wrong.
func (r Recipe) Text() (string, *recipe.Recipe, error) {
	entries := r.entries()
	options := recipe.Options{File: r.File, Text: r.head() + render(entries)}
	base, err := recipe.Load(options)
	if err != nil {
		return "", nil, err
	}
	options.Set = r.Set
	wanted, err := recipe.Load(options)
	if err != nil {
		return "", nil, err
	}
	if e := wanted.Train.Epochs; e != r.Epochs && !options.Overrides("train.schedule.steps") {
		wanted.Train.Schedule.Steps = []int{lastStep(e)}
	}
	for _, c := range recipe.Changes(base, wanted) {
		follows := c.Key == "data.mean" || c.Key == "data.std"
		if !follows || options.Overrides(c.Key) {
			entries = put(entries, entry{key: c.Key, value: c.Now})
		}
	}
	text := r.head() + render(entries)
	rec, err := recipe.Load(recipe.Options{File: r.File, Text: text})
	return text, rec, err
}

// lastStep is the epoch after which the learning rates fall to a tenth.
func lastStep(epochs int) int { return max(1, epochs*2/3) }

// head is the comment that the recipe begins with.
func (r Recipe) head() string {
	f := r.Found
	var b strings.Builder
	fmt.Fprintf(&b, "# %d images of %d classes, found as %s: %d to train on,\n"+
		"# %d for val and %d for test.\n#\n", f.Images(), len(f.Classes), oneLine(f.Kind), f.Train.Images, f.Val.Images, f.Test.Images)
	for _, c := range r.Commands {
		fmt.Fprintf(&b, "#   %s\n", c)
	}
	b.WriteString("#\n# Keys that are not here have their defaults: " +
		"acol config keys explains all of them.\n\n")
	return b.String()
}

// entries are the keys of the recipe, in the order of its sections.
func (r Recipe) entries() []entry {
	n := r.Network
	list := []entry{
		{"model.backbone.arch", n.Arch, n.Why},
	}
	if n.Depth != "" {
		list = append(list, entry{"model.backbone.depth", n.Depth, ""})
	}
	if n.Stride > 0 {
		list = append(list, entry{"model.backbone.output_stride", strconv.Itoa(n.Stride), "finer maps"})
	}
	list = append(list, entry{"model.backbone.weights", "imagenet", "fetched once, and then kept"})
	kinds, deltas := "ACoL; p alone is plain CAM", "where branch 1 reaches this, branch 2 sees nothing"
	if n.Kinds == "p" {
		kinds, deltas = "plain CAM; pp is ACoL", ""
	}
	list = append(list, entry{"model.branches.kinds", n.Kinds, kinds},
		entry{"model.branches.deltas", n.Deltas, deltas})
	if n.Head != "" {
		list = append(list, entry{"model.branches.head", n.Head, ""})
	}
	if r.Found.Several {
		list = append(list, entry{"model.loss.name", "sigmoid", "an image may have several labels"})
	}
	list = append(list, dataEntries(r.Found.Data)...)
	list = append(list, inputEntries(r.Found.Side)...)
	took := ""
	if r.Took != "" {
		took = r.Took + " where this was written"
	}
	list = append(list,
		entry{"train.epochs", strconv.Itoa(r.Epochs), took},
		entry{"train.batch_size", strconv.Itoa(r.Batch), ""})
	if r.Speed.Precision != "" && r.Speed.Precision != string(recipe.Default().Train.Precision) {
		list = append(list, entry{"train.precision", r.Speed.Precision,
			fmt.Sprintf("%.1f times as fast as fp32, which others fall back to", r.Speed.Gain)})
	}
	return append(list,
		entry{"train.optimizer.weight_decay", "1e-4", ""},
		entry{"train.optimizer.lr_backbone", n.Backbone, "lower both where the loss does not fall"},
		entry{"train.optimizer.lr_heads", n.Heads, ""},
		entry{"train.schedule.name", "step", ""},
		entry{"train.schedule.steps", fmt.Sprintf("[%d]", lastStep(r.Epochs)), "then a tenth"})
}

// dataEntries are the keys of the data section that differ from the defaults.
func dataEntries(c data.Config) []entry {
	d, relative := data.DefaultConfig(), "relative to where acol runs"
	if filepath.IsAbs(c.Root) {
		relative = ""
	}
	list := []entry{
		{"data.format", scalar(string(c.Format)), ""},
		{"data.root", scalar(c.Root), relative},
	}
	text := func(key, is, usual string) {
		if is != usual {
			list = append(list, entry{"data." + key, scalar(is), ""})
		}
	}
	text("metadata", c.Metadata, d.Metadata)
	text("train", c.Train, d.Train)
	if c.ValShare > 0 {
		list = append(list, entry{"data.val_share", number(c.ValShare),
			"of the images of each class, for choices"})
	} else {
		text("val", c.Val, d.Val)
	}
	if c.TestShare > 0 {
		list = append(list, entry{"data.test_share", number(c.TestShare),
			"and for the figures at the end"})
	} else {
		text("test", c.Test, d.Test)
	}
	if c.OnError != d.OnError {
		list = append(list, entry{"data.on_error", string(c.OnError), "leaves out what cannot be read"})
	}
	if len(c.Classes) > 0 {
		quoted := make([]string, len(c.Classes))
		for i, name := range c.Classes {
			quoted[i] = scalar(name)
		}
		list = append(list, entry{"data.classes", "[" + strings.Join(quoted, ", ") + "]",
			"those with images"})
	}
	return list
}

// inputEntries make the network's input smaller where the pictures are small: a larger one takes
// time and shows nothing more.
func inputEntries(side int) []entry {
	const small, size, resize = 100, 128, 146
	if side == 0 || side > small {
		return nil
	}
	return []entry{
		{"data.input.size", strconv.Itoa(size),
			fmt.Sprintf("the pictures have %d pixels; larger ones take 224", side)},
		{"data.input.train_resize", strconv.Itoa(resize), ""},
		{"data.input.test_resize", strconv.Itoa(size), ""},
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// plain matches texts that are the same text in YAML without quotes.
var plain = regexp.MustCompile(`^[A-Za-z./_][A-Za-z0-9./_-]*$`)

// scalar writes a text as a YAML scalar.
func scalar(s string) string {
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n", ".nan", ".inf":
	default:
		if plain.MatchString(s) && len(s) < 100 && strings.Trim(s, ".0123456789eE_") != "" || s == "." {
			return s
		}
	}
	quoted, _ := json.Marshal(s)
	return string(quoted)
}

// oneLine makes a text fit for a comment.
func oneLine(s string) string {
	quoted := strconv.Quote(s)
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted[1 : len(quoted)-1])
}

// put gives a key another value, without the comment on the one before. A key that is not there
// goes behind those of its section.
func put(entries []entry, e entry) []entry {
	section, at := e.key[:strings.LastIndexByte(e.key, '.')+1], -1
	top, _, _ := strings.Cut(e.key, ".")
	for i, old := range entries {
		if old.key == e.key {
			entries[i] = e
			return entries
		}
		if own := old.key[:strings.LastIndexByte(old.key, '.')+1]; own == section {
			at = i
		}
	}
	if section == "" {
		return slices.Insert(entries, 0, e)
	}
	for i, old := range entries {
		if at < 0 && strings.HasPrefix(old.key, section) {
			at = i - 1 // the first of a section whose keys are all in sections of their own
			return slices.Insert(entries, at+1, e)
		}
	}
	for i, old := range entries {
		if at < 0 && strings.HasPrefix(old.key, top+".") && !slices.ContainsFunc(entries[i+1:],
			func(x entry) bool { return strings.HasPrefix(x.key, top+".") }) {
			at = i
		}
	}
	if at < 0 {
		at = len(entries) - 1
	}
	return slices.Insert(entries, at+1, e)
}

// render writes entries as YAML. Comments of neighbours stand in one column.
func render(entries []entry) string {
	var b strings.Builder
	var open []string
	for i, e := range entries {
		parts := strings.Split(e.key, ".")
		sections, name := parts[:len(parts)-1], parts[len(parts)-1]
		same := 0
		for same < min(len(open), len(sections)) && open[same] == sections[same] {
			same++
		}
		for depth := same; depth < len(sections); depth++ {
			if depth == 0 && i > 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "%s%s:\n", strings.Repeat("  ", depth), sections[depth])
		}
		open = sections
		line := fmt.Sprintf("%s%s: %s", strings.Repeat("  ", len(sections)), name, e.value)
		if e.comment != "" {
			const column = 30
			line = fmt.Sprintf("%-*s  # %s", column, line, e.comment)
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

package recipe

import (
	"errors"
	"strings"
	"testing"
)

// TestFilesAreReadStrictly asserts whole messages: they are what the user has.
func TestFilesAreReadStrictly(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"unknown key", "model:\n  branches:\n    delta: [0.7]\n",
			"model.branches.delta: unknown key (x.yaml:3); did you mean model.branches.deltas?"},
		{"unknown section", "modle: {branches: {kinds: pp}}", "modle: unknown key (x.yaml:1); did you mean model?"},
		{"key in the wrong section", "train: {flip: 0.5}", "train.flip: unknown key (x.yaml:1); did you mean data.augment.flip?"},
		{"key cut short", "train: {optimizer: {lr: 1}}", "train.optimizer.lr: unknown key (x.yaml:1); did you mean train.optimizer.lr_backbone?"},
		{"another case", "Train: {}", "Train: unknown key (x.yaml:1); did you mean train?"},
		{"nothing near", "eval: {zzzzzzzz: 1}", "eval.zzzzzzzz: unknown key (x.yaml:1); eval has class, method, layer, threshold, map_size, batch_size"},
		{"dots", "train.epochs: 3", "train.epochs: a key with dots in it (x.yaml:1); in a file, nest it: train: {epochs: …}"},
		{"merge", "a: &a {epochs: 3}\ntrain: {<<: *a}",
			"a: unknown key (x.yaml:1); a recipe has name, model, data, train, eval, localize\n" +
				"train.<<: merge keys of YAML are not supported (x.yaml:2); write out the keys that it stands for"},
		{"terminal codes", `"\e[31mred": 1`, `\x1b[31mred: unknown key (x.yaml:1); a recipe has name, model, data, train, eval, localize`},
		{"twice", "train:\n  epochs: 3\n  seed: 1\n  epochs: 4\n", "train.epochs: written twice (x.yaml:4); first in line 2"},
		{"fraction for a whole number", "train: {epochs: 3.5}", "train.epochs: 3.5 is not a whole number (x.yaml:1)"},
		{"whole as a float", "train: {epochs: 3.0}", "train.epochs: 3.0 is not a whole number (x.yaml:1)"},
		{"quoted number", `train: {epochs: "3"}`, `train.epochs: "3" is not a whole number (x.yaml:1)`},
		{"hexadecimal", "train: {epochs: 0x10}", "train.epochs: 0x10 is not a whole number (x.yaml:1)"},
		{"too large", "train: {epochs: 99999999999999999999}", "train.epochs: 99999999999999999999 is not a whole number (x.yaml:1)"},
		{"negative seed", "train: {seed: -1}", "train.seed: -1 is not a whole number from 0 (x.yaml:1)"},
		{"infinite", "train: {clip_norm: .inf}", "train.clip_norm: .inf is not a number (x.yaml:1)"},
		{"tagged infinity", "train: {clip_norm: !!float inf}", "train.clip_norm: inf is not a number (x.yaml:1)"},
		{"not a number", "train: {clip_norm: .nan}", "train.clip_norm: .nan is not a number (x.yaml:1)"},
		{"yes", "train: {optimizer: {nesterov: yes}}", "train.optimizer.nesterov: yes is not true or false (x.yaml:1)"},
		{"number for text", "data: {root: 3}", "data.root: 3 is not text: put it in quotes if it is meant (x.yaml:1)"},
		{"nothing for text", "data: {root: }", `data.root: nothing is not text: write "" for none (x.yaml:1)`},
		{"nothing for a number", "train: {epochs: ~}", "train.epochs: nothing is not a whole number (x.yaml:1)"},
		{"scalar for a list", "model: {branches: {deltas: 0.7}}", "model.branches.deltas: 0.7 is not a list of numbers: write [0.7] (x.yaml:1)"},
		{"wrong value in a list", "train: {schedule: {steps: [1, two]}}", "train.schedule.steps: value 2 of the list: two is not a whole number (x.yaml:1)"},
		{"list in a list", "train: {schedule: {steps: [[1]]}}", "train.schedule.steps: value 1 of the list: a list is not a whole number (x.yaml:1)"},
		{"section for a key", "train: {epochs: {a: 1}}", "train.epochs: a section is not a whole number (x.yaml:1)"},
		{"key for a section", "train: {save: 3}", "train.save: 3 is not a section (x.yaml:1); train.save has minutes, steps"},
		{"list as a recipe", "- 1", "a list is not a section (x.yaml:1); a recipe has name, model, data, train, eval, localize"},
		{"own tag", "train: {epochs: !mine 3}", "train.epochs: 3 is not a whole number (x.yaml:1)"},
		{"key that is a list", "train: {[a]: 3}", "train: a list is not a key (x.yaml:1)"},
		{"two documents", "{}\n---\n{}\n", "reading the recipe: more than one YAML document (x.yaml)"},
		{"control character", `data: {root: "a\nb"}`, `data.root: "a\nb" has a control character (x.yaml:1)`},
		{"several", "model: {brnches: {}}\ntrain: {epochs: x, seed: 1.5}\n",
			"model.brnches: unknown key (x.yaml:1); did you mean model.branches?\n" +
				"train.epochs: x is not a whole number (x.yaml:2)\n" +
				"train.seed: 1.5 is not a whole number from 0 (x.yaml:2)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var p problems
			parse("x.yaml", []byte(tc.text), false, &p)
			err := p.err()
			if err == nil {
				t.Fatal("no error")
			}
			if err.Error() != tc.want {
				t.Errorf("got\n%s\nwant\n%s", err, tc.want)
			}
		})
	}
}

func TestSyntaxErrorsNameTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"a: [1,\n":                   "did not find expected node content (x.yaml:2)",
		"a: b: c":                    "mapping values are not allowed in this context (x.yaml:1)",
		"a: 1\nb: c: d":              "mapping values are not allowed in this context (x.yaml:2)",
		"train: {epochs: 3}\n  a: 5": "did not find expected key (x.yaml:2)",
		"\tx: 1":                     "a tab at the beginning of a line: YAML indents with blanks (x.yaml:1)",
		"a:\n\tx: 1":                 "a tab at the beginning of a line: YAML indents with blanks (x.yaml:2)",
		"a: @x":                      "found character that cannot start any token (x.yaml:1)",
		"a: 1\nb: *none":             "no anchor &none before the alias (x.yaml:2)",
		"\xff\xfe\xfd":               "incomplete UTF-16 character (x.yaml:1)",
		"# ok\nname: K\xe4fer":       "not UTF-8 text (x.yaml:2)",
		"a: 1\nb: \x01":              "control characters are not allowed (x.yaml:2)",
		"a: \"C:\\data\"":            "found unknown escape character (x.yaml:1)",
	} {
		var p problems
		parse("x.yaml", []byte(text), false, &p)
		if err := p.err(); err == nil || err.Error() != "reading the recipe: "+want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestAMarkAtTheBeginningIsNoKey(t *testing.T) {
	utf16 := "\xff\xfe" + strings.Join(strings.Split("train: {epochs: 7}", ""), "\x00") + "\x00"
	for _, text := range []string{
		"\ufefftrain: {epochs: 7}", "\ufeff", "train:\r  epochs: 7\r", "train:\r\n  epochs: 7\r\n", utf16,
	} {
		var p problems
		out := parse("x.yaml", []byte(text), false, &p)
		if p.err() != nil || len(text) > 3 && (len(out) != 1 || out[0].value != 7) {
			t.Errorf("%q: %v, settings %v", text, p.err(), out)
		}
	}
}

func TestOverridesAreReadStrictly(t *testing.T) {
	for _, tc := range []struct{ name, set, env, want string }{
		{"unknown key", "train.epoch=3", "", "train.epoch: unknown key (--set); did you mean train.epochs?"},
		{"no value", "train.epochs", "", "train.epochs: --set wants key=value; such as train.epochs=3"},
		{"section", "train.schedule=step", "", "train.schedule: a section cannot be set as a whole (--set); train.schedule has name, steps, gamma, power, warmup_epochs"},
		{"wrong type", "train.epochs=3.5", "", "train.epochs: 3.5 is not a whole number (--set)"},
		{"empty number", "train.epochs=", "", "train.epochs: nothing is not a whole number (--set)"},
		{"quoted number", `train.epochs="3"`, "", `train.epochs: "3" is not a whole number (--set)`},
		{"broken list", "model.branches.deltas=[0.5", "", `model.branches.deltas: [0.5: yaml: line 1: did not find expected ',' or ']' (--set)`},
		{"wrong value in a list", "model.branches.deltas=0.5,x", "", "model.branches.deltas: value 2 of the list: x is not a number (--set)"},
		{"not UTF-8", "data.root=\xff", "", `data.root: "\xff" is not UTF-8 (--set)`},
		{"control character", "data.root=a\x00b", "", `data.root: "a\x00b" has a control character (--set)`},
		{"variable of wrong type", "", "ACOL_TRAIN_BATCH_SIZE=many", "train.batch_size: many is not a whole number (ACOL_TRAIN_BATCH_SIZE)"},
		{"unknown variable", "", "ACOL_TRAIN_EPOCH=3", "ACOL_TRAIN_EPOCH: unknown key (environment); did you mean ACOL_TRAIN_EPOCHS?"},
		{"variable cut short", "", "ACOL_TRAIN_LR=3", "ACOL_TRAIN_LR: unknown key (environment); did you mean ACOL_TRAIN_OPTIMIZER_LR_BACKBONE?"},
		{"variable far off", "", "ACOL_EVAL_QQQQQQQQQ=3", "ACOL_EVAL_QQQQQQQQQ: unknown key (environment); acol config keys lists them"},
		{"variable of a section", "", "ACOL_DATA=x", "ACOL_DATA: unknown key (environment); acol config keys lists them"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := Options{Env: []string{tc.env}}
			if tc.set != "" {
				o.Set = []string{tc.set}
			}
			_, err := Load(o)
			if err == nil {
				t.Fatal("no error")
			}
			if got, _, _ := strings.Cut(err.Error(), "\n"); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestOtherVariablesAreLeftAlone(t *testing.T) {
	env := []string{"ACOL_SHARED=/data", "ACOL_", "ACOL_DATASETS=x", "acol_train_epoch=3", "ACOL_train_epoch=3", "PATH=/bin", "=", ""}
	if _, err := load(t, minimal, nil, env); err != nil {
		t.Error(err)
	}
}

func TestOverridesAreReadAsTheirKeysTypes(t *testing.T) {
	env := []string{"ACOL_DATA_INPUT_TRAIN_RESIZE=300", "ACOL_MODEL_BACKBONE_FREEZE_BN=true"}
	r, err := load(t, minimal, []string{
		"model.branches.kinds=ppp", "model.branches.deltas= 0.5, .6 ", "train.schedule.steps=[3, 5]",
		"data.classes=001.A, b c,7", "data.mean=[0.1,0.2,0.3]", "train.optimizer.lr_heads=2e-3",
		`data.root={a}: *b #c=d`, `data.metadata="quoted: \"x\""`, "data.val=", "localize.class= 7 ", "train.seed=18446744073709551615",
	}, env)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ key, want string }{
		{"model.branches.deltas", "[0.5, 0.6]"},
		{"train.schedule.steps", "[3, 5]"},
		{"data.classes", `[001.A, b c, "7"]`},
		{"data.mean", "[0.1, 0.2, 0.3]"},
		{"train.optimizer.lr_heads", "0.002"},
		{"data.root", "'{a}: *b #c=d'"},
		{"data.metadata", "'quoted: \"x\"'"},
		{"data.val", `""`},
		{"localize.class", `"7"`},
		{"train.seed", "18446744073709551615"},
		{"data.input.train_resize", "300"},
		{"model.backbone.freeze_bn", "true"},
	} {
		if got := asYAML(lookup(tc.key).get(r)); got != tc.want {
			t.Errorf("%s = %s, want %s", tc.key, got, tc.want)
		}
	}
	if r, err = load(t, minimal, []string{"model.branches.kinds=p", "model.branches.deltas="}, nil); err != nil || len(r.Model.Branches.Deltas) != 0 {
		t.Errorf("an empty list: %v, %v", r, err)
	}
}

func TestValidationNamesTheSource(t *testing.T) {
	_, err := load(t, minimal+"model:\n  branches:\n    kinds: ppp\n    deltas: [0.5, 1.5]\n",
		[]string{"train.batch_size=0"}, []string{"ACOL_EVAL_THRESHOLD=1", "ACOL_LOCALIZE_COLORMAP=jett"})
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *Error", err)
	}
	var got []string
	for _, p := range e.Problems {
		at := p.Where
		if i := strings.LastIndexAny(at, `/\`); i >= 0 {
			at = at[i+1:]
		}
		got = append(got, p.Key+" | "+p.Msg+" | "+at)
	}
	want := `model.branches.deltas[1] | 1.5 is not in 0 to 1, the range of a normalised map | x.yaml:5
train.batch_size | 0 is not in 1 to 65536 images | --set
eval.threshold | 1 is not in 0 to below 1, a fraction of the map's maximum | ACOL_EVAL_THRESHOLD
localize.colormap | "jett" is not one of cividis, gray, inferno, jet, magma, plasma, turbo, viridis | ACOL_LOCALIZE_COLORMAP`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
}

func TestDeltasMustMatchTheRecipeString(t *testing.T) {
	_, err := Load(Options{Set: []string{"data.root=a", "data.metadata=b", "model.branches.kinds=p"}})
	want := `model.branches.deltas: [0.6] does not fit kinds "p", which needs none ([]): one for each erasure between two branches (default)`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestSectionsWithReadingErrorsAreNotValidated(t *testing.T) {
	_, err := load(t, "data: {rot: images}\ntrain: {batch_size: 0}\n", nil, nil)
	if err == nil || strings.Count(err.Error(), "\n") != 1 || strings.Contains(err.Error(), "is empty") {
		t.Errorf("want data.rot and train.batch_size alone, got\n%v", err)
	}
}

func TestManyProblemsAreCounted(t *testing.T) {
	text := "train: {schedule: {steps: [" + strings.Repeat("{}, ", 200) + "]}}\n"
	for i := range 3 * maxProblems {
		text += strings.Repeat("q", i+1) + ": 1\n"
	}
	var p problems
	parse("x.yaml", []byte(text), false, &p)
	var e *Error
	if !errors.As(p.err(), &e) || len(e.Problems) != maxProblems || e.Dropped != 2*maxProblems+1 {
		t.Fatalf("%d problems and %d dropped", len(e.Problems), e.Dropped)
	}
	if !strings.HasSuffix(e.Error(), "\nand 101 more") {
		t.Error(e.Error()[len(e.Error())-40:])
	}
}

package recipe

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryKeyIsExplained(t *testing.T) {
	for _, k := range Keys() {
		if k.Doc == "" {
			t.Errorf("%s: no explanation", k.Name)
		}
		if s := k.Summary(); len([]rune(s)) > 90 || !strings.HasSuffix(s, ".") {
			t.Errorf("%s: want a first sentence of at most 90 columns, not %d: %s", k.Name, len(s), s)
		}
		if k.Type == "" {
			t.Errorf("%s: a type that recipes cannot say", k.Name)
		}
		if k.Default == "" {
			t.Errorf("%s: no default", k.Name)
		}
	}
}

// item is a word of a key and its meaning, in an explanation.
var item = regexp.MustCompile(`(?m)^  - ([a-z0-9_+-]+): \S`)

// TestExplanationsGoThroughTheWordsOfTheirType holds that a list of words in an explanation is
// that of the type. What variants there are depends on the family.
func TestExplanationsGoThroughTheWordsOfTheirType(t *testing.T) {
	for _, k := range Keys() {
		var got []string
		for _, m := range item.FindAllStringSubmatch(k.Doc, -1) {
			got = append(got, m[1])
		}
		want := slices.Concat(k.Choices, k.Suggestions)
		slices.Sort(got)
		slices.Sort(want)
		if got != nil && k.Name != "model.backbone.variant" && !slices.Equal(got, want) {
			t.Errorf("%s explains %q, its type has %q", k.Name, got, want)
		}
	}
}

func TestKeysComeInOrderWithTheirVariables(t *testing.T) {
	list := Keys()
	if list[0].Name != "name" || list[1].Name != "model.backbone.arch" || list[len(list)-1].Name != "localize.panel" {
		t.Errorf("order: %s, %s … %s", list[0].Name, list[1].Name, list[len(list)-1].Name)
	}
	seen := map[string]string{}
	for _, k := range list {
		if other := seen[k.Env]; other != "" {
			t.Errorf("%s and %s share %s", k.Name, other, k.Env)
		}
		seen[k.Env] = k.Name
		if k.Name != strings.ToLower(k.Name) {
			t.Errorf("%s: viper wants lower case", k.Name)
		}
	}
	if seen["ACOL_TRAIN_OPTIMIZER_LR_HEADS"] != "train.optimizer.lr_heads" {
		t.Error("no ACOL_TRAIN_OPTIMIZER_LR_HEADS")
	}
}

func TestAWordThatIsNoneOfAKeysChoicesIsRefused(t *testing.T) {
	n := 0
	for _, k := range Keys() {
		if k.Choices == nil {
			continue
		}
		n++
		_, err := load(t, minimal, []string{k.Name + "=neither"}, nil)
		want := fmt.Sprintf(`%s: "neither" is not one of %s (--set)`, k.Name, strings.Join(k.Choices, ", "))
		if err == nil || !slices.Contains(strings.Split(err.Error(), "\n"), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if n < 10 {
		t.Errorf("only %d keys have choices", n)
	}
}

func TestKeysBelowASection(t *testing.T) {
	for _, tc := range []struct {
		name        string
		first, last string
		n           int
	}{
		{"", "name", "localize.panel", len(keys)},
		{"train.schedule", "train.schedule.name", "train.schedule.warmup_epochs", 5},
		{"eval.class", "eval.class", "eval.class", 1},
		{"train.sched", "", "", 0},
		{"eval.class.x", "", "", 0},
	} {
		got := KeysBelow(tc.name)
		if len(got) != tc.n || tc.n > 0 && (got[0].Name != tc.first || got[tc.n-1].Name != tc.last) {
			t.Errorf("%q: %d keys %v", tc.name, len(got), got)
		}
	}
}

func TestDefaultsAreShownAsYAML(t *testing.T) {
	want := map[string]string{
		"model.backbone.depth": `"18"`, "model.branches.deltas": "[0.6]", "data.root": `""`,
		"data.classes": "[]", "train.optimizer.nesterov": "true", "train.seed": "1",
		"train.precision": "fp32", "localize.rule": "largest",
	}
	for _, k := range Keys() {
		if w, ok := want[k.Name]; ok && k.Default != w {
			t.Errorf("%s: default %s, want %s", k.Name, k.Default, w)
		}
	}
}

func TestDefaultLacksOnlyThePlacesOfTheData(t *testing.T) {
	err := Default().Validate()
	if err == nil || strings.Count(err.Error(), "\n") != 1 ||
		!strings.HasPrefix(err.Error(), "data.root: is empty") || !strings.Contains(err.Error(), "\ndata.metadata: is empty") {
		t.Errorf("got %v", err)
	}
}

func TestTheShellCompletesKeysAndTheirWords(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"train.sched", []string{"train.schedule.name=", "train.schedule.steps=", "train.schedule.gamma=",
			"train.schedule.power=", "train.schedule.warmup_epochs="}},
		{"localize.rule=", []string{"localize.rule=largest", "localize.rule=all"}},
		{"eval.class=p", []string{"eval.class=predicted"}},
		{"localize.panel=t", []string{"localize.panel=true"}},
		{"train.epochs=", nil},
		{"train=", nil},
		{"nothing", nil},
	} {
		if got := Complete(tc.text); !slices.Equal(got, tc.want) {
			t.Errorf("%q: %q, want %q", tc.text, got, tc.want)
		}
	}
	want := []string{"model.branches", "model.branches.kinds", "model.branches.deltas"}
	if got := CompleteName("model.br"); !slices.Equal(got[:3], want) {
		t.Errorf("%q, want %q first", got, want)
	}
}

func TestKeysArePrintedForATerminal(t *testing.T) {
	k := []Key{
		{Name: "a.b", Env: "ACOL_A_B", Type: "one of x, y", Default: "x",
			Doc: "The first sentence of two. " + strings.Repeat("word ", 20) + "end.\n  - x: " + strings.Repeat("more ", 20)},
		{Name: "a.c", Env: "ACOL_A_C", Type: "a number", Default: "1", Doc: "A number."},
	}
	for _, tc := range []struct {
		name, want string
		write      func(*bytes.Buffer) error
	}{
		{"short", `a.b: x
    The first sentence of two.
a.c: 1
    A number.
`, func(b *bytes.Buffer) error { return WriteList(b, k) }},
		{"long", `a.b
    The first sentence of two. word word word word word word word word word word
    word word word word word word word word word word end.
      - x: more more more more more more more more more more more more more more
        more more more more more more

    one of x, y; default x; ACOL_A_B

a.c
    A number.

    a number; default 1; ACOL_A_C
`, func(b *bytes.Buffer) error { return WriteLong(b, k) }},
	} {
		var b bytes.Buffer
		if err := tc.write(&b); err != nil || b.String() != tc.want {
			t.Errorf("%s: %v\ngot\n%s\nwant\n%s", tc.name, err, b.String(), tc.want)
		}
	}
}

package data

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"acol/internal/data/datatest"
)

func TestLinesEndInEveryCustomOfOldAndNew(t *testing.T) {
	for name, text := range map[string]string{
		"LF": "a b\n\nc\n", "CR LF": "a b\r\n\r\nc\r\n", "CR": "a b\r\rc\r", "no end": "a b\n\nc",
		"mark": "\ufeffa b\n\nc", "blanks": "a b \t\n  \nc\t", "mixed": "a b\r\n\rc\n", "CR at end": "a b\n\nc\r",
	} {
		var lines []string
		var numbers []int
		err := scanLines(slowly{strings.NewReader(text)}, "x", nil, func(n int, line string) error {
			lines, numbers = append(lines, line), append(numbers, n)
			return nil
		})
		if err != nil || !reflect.DeepEqual(lines, []string{"a b", "c"}) ||
			!reflect.DeepEqual(numbers, []int{1, 3}) {
			t.Errorf("%s: lines %q of the numbers %v, %v", name, lines, numbers, err)
		}
	}
	for text, want := range map[string]string{
		"\xff\xfea\x00\n\x00": "x: is UTF-16 text: save it as UTF-8",
		"\xfe\xff\x00a\x00\n": "x: is UTF-16 text: save it as UTF-8",
		"a\x00\n\x00":         "x: is UTF-16 text: save it as UTF-8",
		"ab\x00c":             "x:1: is not UTF-8 text",
		"a\nK\xe4fer":         "x:2: is not UTF-8 text",
	} {
		err := scanLines(strings.NewReader(text), "x", nil, func(int, string) error { return nil })
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestMessagesAboutLongLinesAreShort(t *testing.T) {
	dir := t.TempDir()
	cfg := wsolSet(t, dir)
	long := strings.Repeat("x", maxLine-100)
	for _, line := range []string{long, long + ",0", "val/9.jpg," + long, long + ",0,0,1,1"} {
		datatest.Put(t, dir, map[string]string{"meta/val/localization.txt": line})
		_, err := Open(cfg, "val")
		if err == nil || len(err.Error()) > 1000 {
			t.Errorf("%.20s…: a message of %d bytes", line, len(fmt.Sprint(err)))
		}
		_, err = Survey(cfg, "val", func(p *Problem) {
			if len(p.Reason()) > 1000 {
				t.Errorf("%.20s…: a reason of %d bytes", line, len(p.Reason()))
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// slowly reads a byte at a time, so that an end of line is cut in two.
type slowly struct{ r *strings.Reader }

func (s slowly) Read(b []byte) (int, error) { return s.r.Read(b[:1]) }

func TestListsSayNothingTwice(t *testing.T) {
	for name, tc := range map[string]struct {
		file, text, want string
	}{
		"size": {
			"meta/val/image_sizes.txt", "val/9.jpg,50,40\nval/9.jpg,10,11",
			`image_sizes.txt:2: the size of image id "val/9.jpg" is there twice: 50x40 and 10x11`,
		},
		"two columns": {
			"meta/val/localization.txt", "val/9.jpg,masks/1.png",
			`localization.txt:1: "val/9.jpg,masks/1.png" has 2 fields, ` +
				"want id,x0,y0,x1,y1 for a box, or for a mask id,mask,ignore, where ignore may be empty",
		},
		"back-slashes": {
			"meta/val/localization.txt", `val/9.jpg,masks\1.png,`,
			`localization.txt:1: mask "masks\\1.png" has back-slashes: write / between the folders`,
		},
		"back-slashed id": {
			"meta/val/image_ids.txt", `val\9.jpg`, `image_ids.txt:1: "val\\9.jpg" has back-slashes`,
		},
		"nan":  {"meta/val/localization.txt", "val/9.jpg,NaN,0,1,1", `"NaN" is not a whole number`},
		"huge": {"meta/val/localization.txt", "val/9.jpg,0,0,1e999,1", `"1e999" is not a whole number`},
		"half": {"meta/val/localization.txt", "val/9.jpg,0.5,0,1,1", `"0.5" is not a whole number`},
		"none": {"meta/val/localization.txt", "val/9.jpg,,0,1,1", `"" is not a whole number`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cfg := wsolSet(t, dir)
			datatest.Put(t, dir, map[string]string{tc.file: tc.text})
			wantError(t, cfg, "val", tc.want)
		})
	}
}

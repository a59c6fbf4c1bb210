package eval

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"acol/internal/metric"
)

// Every bit of a file of records is turned, and it is cut at every line.
func TestNoDamageOfRecordsIsReadInSilence(t *testing.T) {
	r := &Records{
		Title: "t", Split: "test", Curves: []CurveInfo{{Name: "top1", Thresholds: 1}},
		Images: []Record{
			{ID: "a", Label: 1, Hits: make([]metric.Runs, 1), Size: 12.5},
			{ID: "b", Label: 2, Hits: make([]metric.Runs, 1), Ending: "hit"},
		},
	}
	path := filepath.Join(t.TempDir(), "r.jsonl")
	if err := r.Write(path); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	back, err := readRecords(bytes.NewReader(whole))
	if err != nil || !reflect.DeepEqual(back, r) {
		t.Fatalf("got %+v, error %v", back, err)
	}
	for i := range whole {
		for bit := range 8 {
			b := slices.Clone(whole)
			b[i] ^= 1 << bit
			got, err := readRecords(bytes.NewReader(b))
			if err == nil && !reflect.DeepEqual(got, r) {
				t.Errorf("bit %d of byte %d (%q) is read in silence", bit, i, whole[i])
			}
		}
	}
	for i, c := range whole[:len(whole)-1] {
		if _, err := readRecords(bytes.NewReader(whole[:i+1])); c == '\n' && err == nil {
			t.Errorf("cut to %d bytes it is read in silence", i+1)
		}
	}
	edited := bytes.Replace(whole, []byte(`"label":1`), []byte(`"label":3`), 1)
	if _, err := readRecords(bytes.NewReader(edited)); !errors.Is(err, errLine) {
		t.Errorf("an edited line: %v", err)
	}
}

func TestRecordsOfAnOlderAcolHaveNoChecksums(t *testing.T) {
	const old = `{"format":"acol records 1","title":"t","split":"test",` +
		`"curves":[{"name":"top1","thresholds":1}]}` + "\n" + `{"id":"a","label":1,"hits":[null]}` + "\n"
	r, err := readRecords(bytes.NewReader([]byte(old)))
	if err != nil || len(r.Images) != 1 || r.Images[0].Label != 1 {
		t.Errorf("got %+v, error %v", r, err)
	}
}

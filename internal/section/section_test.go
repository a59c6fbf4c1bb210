package section

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

func TestRangesThatSectionsShare(t *testing.T) {
	for _, tc := range []struct {
		threshold Threshold
		batch     int
		want      []string
	}{
		{"0", 1, nil},
		{"0.999", 65_536, nil},
		{"1", 0, []string{
			"t: 1 is not in 0 to below 1, a fraction of the map's maximum",
			"b: 0 is not in 1 to 65536 images",
		}},
		{"NaN", 65_537, []string{
			`t: "NaN" is not a number and not one of auto, mean, raised-mean, otsu, energy`,
			"b: 65537 is not in 1 to 65536 images",
		}},
	} {
		t.Run(fmt.Sprintf("%s, %d", tc.threshold, tc.batch), func(t *testing.T) {
			var got []string
			bad := func(key, msg string) { got = append(got, key+": "+msg) }
			CheckThreshold(bad, "t", tc.threshold)
			CheckBatchSize(bad, "b", tc.batch)
			if !slices.Equal(got, tc.want) {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestAThresholdIsANumberOrAWordInJSON(t *testing.T) {
	for value, want := range map[Threshold]string{"0.30": "0.3", "mean": `"mean"`, "auto": `"auto"`, "": `""`} {
		text, err := json.Marshal(value)
		if err != nil || string(text) != want {
			t.Errorf("%q is %s, %v; want %s", value, text, err, want)
		}
		var back Threshold
		if err := json.Unmarshal(text, &back); err != nil || back != value && back != "0.3" {
			t.Errorf("%s is read as %q, %v", text, back, err)
		}
	}
	var wrong Threshold
	if err := json.Unmarshal([]byte("[1]"), &wrong); err == nil {
		t.Errorf("a list is read as %q", wrong)
	}
}

func TestAFractionOfAGridIsWrittenAsAUserWould(t *testing.T) {
	for i, want := range map[float64]Threshold{35: "0.35", 29: "0.29", 57: "0.57", 0: "0", 1: "0.01"} {
		if got := Fraction(i * 0.01); got != want {
			t.Errorf("%g hundredths are %q, want %q", i, got, want)
		}
	}
}

func TestOnlyRulesAndFractionsCut(t *testing.T) {
	for value, want := range map[Threshold]bool{
		"0": true, "0.999": true, "mean": true, "raised-mean": true, "otsu": true, "energy": true,
		"auto": false, "": false, "1": false, "-0.1": false, "NaN": false, "half": false,
	} {
		if value.Cuts() != want {
			t.Errorf("%q cuts: %v, want %v", value, value.Cuts(), want)
		}
	}
}

package section

import (
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
			`t: "NaN" is not a number and not one of auto, mean, otsu, energy`,
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

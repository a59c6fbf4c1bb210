package data

import (
	"math"
	"strings"
	"testing"
)

func TestNumbersAreDecimalAndWithinTheirBounds(t *testing.T) {
	for _, c := range []struct {
		text string
		want float64
	}{
		{"11", 11}, {"11.7", 11.7}, {" -1.2 ", -1.2}, {"1e1", 10}, {"+3", 3}, {".5", 0.5}, {"-0", 0},
	} {
		if got, err := parseNumber(c.text, 100); err != nil || got != c.want {
			t.Errorf("%q: %g and %v, want %g", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{
		"", " ", "NaN", "nan", "Inf", "-inf", "infinity", "1e999", "-1e999", "0x10", "0x1p3", "1_0", "101",
		"-100.5", "1,5", "１", "1 2", "null", "--1", "e", ".",
	} {
		if got, err := parseNumber(text, 100); err == nil {
			t.Errorf("%q is %g, want an error", text, got)
		}
	}
}

func TestWholeNumbersMayBeWrittenAsDecimals(t *testing.T) {
	for text, want := range map[string]int64{
		"64": 64, "64.0": 64, "6.4e1": 64, "-3.000": -3, "1e3": 1000, "9007199254740993": 1<<53 + 1,
	} {
		if got, err := parseWhole(text, math.MaxInt64); err != nil || got != want {
			t.Errorf("%q: %d and %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"64.5", "1e16", "9007199254740993.0", "9223372036854775808", "1e999", "-1e999", "NaN", "", "0x40",
		"64.0.0", strings.Repeat("9", 1000),
	} {
		got, err := parseWhole(text, math.MaxInt64)
		if err == nil || len(err.Error()) > 300 {
			t.Errorf("%q is %d, with the error %v", text, got, err)
		}
	}
	if _, err := parseWhole("-65", 64); err == nil {
		t.Error("-65 is within 64")
	}
}

func FuzzNumbers(f *testing.F) {
	for _, text := range []string{"1", "1.5", "NaN", "1e999", "-0", "0x1p-2", "1_0", "9007199254740993.0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := parseNumber(text, maxSide)
		if err == nil && !(v >= -maxSide && v <= maxSide) {
			t.Errorf("%q is %g", text, v)
		}
		n, whole := parseWhole(text, maxSide)
		if whole == nil && (err != nil || float64(n) != v) {
			t.Errorf("%q is the whole number %d and the number %g, %v", text, n, v, err)
		}
		side, err := parseSide(text)
		if err == nil && (side < 0 || side > maxSide) {
			t.Errorf("%q is the side %d", text, side)
		}
	})
}

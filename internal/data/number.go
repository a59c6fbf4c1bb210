package data

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"acol/internal/brief"
)

// maxSide bounds sides and coordinates in lists, in pixels, so that the product of two fits an int.
const maxSide = 1 << 24

// parseNumber reads a decimal number within ±limit, such as 11, 11.7 or 1.17e1. What Go reads
// besides, such as NaN, Inf and 0x1p3, is an error.
func parseNumber(text string, limit float64) (float64, error) {
	text = strings.TrimSpace(text)
	v, err := strconv.ParseFloat(text, 64)
	plain := strings.Trim(text, "+-.0123456789eE") == ""
	if err != nil || !plain || !(math.Abs(v) <= limit) {
		return 0, fmt.Errorf("%s is not a number within %d", brief.Quote(text), int64(limit))
	}
	return v, nil
}

// parseWhole reads a whole number within ±limit. 64.0 and 6.4e1 are the whole number 64.
func parseWhole(text string, limit int64) (int64, error) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && -limit <= n && n <= limit {
		return n, nil
	}
	const exact = 1<<53 - 1 // float64 has every whole number up to here
	v, err := parseNumber(text, float64(min(limit, exact)))
	if err != nil || v != math.Trunc(v) {
		return 0, fmt.Errorf("%s is not a whole number within %d", brief.Quote(text), limit)
	}
	return int64(v), nil
}

// parseSide reads a width or height in pixels. It is 0 if the size is not known, for which some
// tools write nothing, 0 or -1.
func parseSide(text string) (int, error) {
	if strings.TrimSpace(text) == "" {
		return 0, nil
	}
	v, err := parseWhole(text, maxSide)
	if err != nil {
		return 0, err
	}
	if v < -1 {
		return 0, fmt.Errorf("%d is negative", v)
	}
	return int(max(v, 0)), nil
}

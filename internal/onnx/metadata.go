package onnx

import (
	"fmt"
	"strconv"
	"strings"

	"acol/internal/data"
)

// InputMetadata describes, for Options.Metadata, how the input of a model is made from an image:
// docs/weights.md has an example.
func InputMetadata(c data.Config) map[string]string {
	return map[string]string{
		"channels": "RGB", "scale": "1/255", "mean": numbers(c.Mean), "std": numbers(c.Std),
		"size": strconv.Itoa(c.Input.Size), "resize": string(c.Input.Resize),
		"resize_to": strconv.Itoa(c.Input.TestResize), "crop": "center",
		"interpolation": "bilinear, antialiased (as PIL)",
	}
}

// numbers writes numbers with commas between them.
func numbers(v []float64) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(v), "[]"), " ", ",")
}

package viz

import (
	"fmt"
	"image"
	"image/png"
	"io"

	"acol/internal/atomicfile"
)

// WritePNG writes img to path as PNG, whole or not at all, replacing a file
// that is there: the caller makes sure that path is no input. png.BestSpeed
// suits photographs, png.DefaultCompression figures. An empty picture is an
// error, as PNG has none.
func WritePNG(path string, img image.Image, level png.CompressionLevel) error {
	if img == nil || img.Bounds().Empty() {
		return fmt.Errorf("writing %s: the picture is empty", path)
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		return (&png.Encoder{CompressionLevel: level}).Encode(w, img)
	})
}

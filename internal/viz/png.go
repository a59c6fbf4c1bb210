package viz

import (
	"fmt"
	"image"
	"image/png"
	"io"

	"acol/internal/atomicfile"
)

// WritePNG writes img to path as PNG, whole or not at all. It replaces a file that is there, so the
// caller has to make sure that path is not one of its inputs. png.BestSpeed suits photographs,
// png.DefaultCompression suits panels. An empty picture is an error, as PNG cannot express one.
func WritePNG(path string, img image.Image, level png.CompressionLevel) error {
	if img == nil || img.Bounds().Empty() {
		return fmt.Errorf("writing %s: the picture is empty", path)
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		return (&png.Encoder{CompressionLevel: level}).Encode(w, img)
	})
}

package pixels

import (
	"bytes"
	"encoding/binary"
	"image"
	"testing"

	"github.com/disintegration/imaging"
)

// exifBlock is EXIF data with an orientation of a type and byte order.
func exifBlock(order binary.AppendByteOrder, kind uint16, value []byte) []byte {
	head := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		head = []byte("MM\x00*")
	}
	b := order.AppendUint16(order.AppendUint32(head, 8), 1)
	b = order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x0112), kind), 1)
	b = append(b, append(bytes.Clone(value), 0, 0, 0, 0)[:4]...)
	return order.AppendUint32(b, 0)
}

func TestOrientationIsReadByItsTypeAndByteOrder(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for kind, value := range map[uint16][]byte{
			1: {6}, 3: order.AppendUint16(nil, 6), 4: order.AppendUint32(nil, 6),
			6: {6}, 8: order.AppendUint16(nil, 6), 9: order.AppendUint32(nil, 6),
		} {
			if got := tiffOrientation(exifBlock(order, kind, value)); got != 6 {
				t.Errorf("%v, type %d: got %d, want 6", order, kind, got)
			}
		}
		for kind, value := range map[uint16][]byte{
			2: []byte("6"), 3: order.AppendUint16(nil, 9), 4: order.AppendUint32(nil, 6<<16|6), 12: {6},
		} {
			if got := tiffOrientation(exifBlock(order, kind, value)); got != 0 {
				t.Errorf("%v, type %d of % x: got %d, want none", order, kind, value, got)
			}
		}
	}
}

func TestPicturesOfStoredPixelsAreNotTurned(t *testing.T) {
	for _, name := range []string{"exif_last.png", "exif_long_big.png", "exif.webp"} {
		path := "testdata/variants/" + name
		img, err := Load(path, false)
		if err != nil || img.Bounds().Dx() != 24 || img.Bounds().Dy() != 17 {
			t.Errorf("%s: stored %v, %v", name, img.Bounds(), err)
		}
		in, err := NewRoom(1<<20).Inspect(t.Context(), path, false)
		if err != nil || in.Width != 24 || !in.Turned() {
			t.Errorf("%s: %+v, %v", name, in, err)
		}
	}
}

func TestTurningInPlaceIsTurning(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {7, 1}, {1, 5}, {4, 4}, {13, 8}, {8, 13}, {64, 48}} {
		m := image.NewNRGBA(image.Rect(0, 0, size[0], size[1]))
		for i := range m.Pix {
			m.Pix[i] = uint8(i*7 + i/256)
		}
		for o := Orientation(2); o <= 8; o++ {
			got := imaging.Clone(m)
			o.turnInPlace(got)
			if want := upright[o](m); got.Rect != want.Rect || !bytes.Equal(got.Pix, want.Pix) {
				t.Errorf("%v, orientation %d: another picture", size, o)
			}
		}
	}
}

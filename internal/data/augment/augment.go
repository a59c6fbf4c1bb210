// Package augment changes the pixels of training images at random, as torchvision's ColorJitter,
// RandAugment and RandomErasing do. Each section of a recipe here draws what is to be done, and
// other code of this package does it, with the pixels of PIL to the bit.
package augment

import "acol/internal/data/pixels"

// Kind is what an Op does to an image.
type Kind string

// The kinds of operations, by torchvision's names where RandAugment has them.
const (
	// Identity leaves the image as it is.
	Identity Kind = "Identity"
	// ShearX moves each row sideways by the value times its place.
	ShearX Kind = "ShearX"
	// ShearY moves each column up or down by the value times its place.
	ShearY Kind = "ShearY"
	// TranslateX moves the image to the right by the whole pixels of the value.
	TranslateX Kind = "TranslateX"
	// TranslateY moves the image down by the whole pixels of the value.
	TranslateY Kind = "TranslateY"
	// Rotate turns the image about its centre, anticlockwise, by the value in degrees.
	Rotate Kind = "Rotate"
	// Brightness multiplies all values by the value.
	Brightness Kind = "Brightness"
	// Color scales the distance of each pixel to its grey by the value: saturation.
	Color Kind = "Color"
	// Contrast scales the distance of each pixel to the mean grey of the image by the value.
	Contrast Kind = "Contrast"
	// Hue turns the circle of hues by the value, in turns from -0.5 to 0.5.
	Hue Kind = "Hue"
	// Sharpness scales the distance of each pixel to the smoothed image by the value.
	Sharpness Kind = "Sharpness"
	// Posterize keeps as many upper bits of each channel as the value says.
	Posterize Kind = "Posterize"
	// Solarize inverts what is not below the value, on the scale of 0 to 255.
	Solarize Kind = "Solarize"
	// AutoContrast stretches each channel to the range of 0 to 255.
	AutoContrast Kind = "AutoContrast"
	// Equalize gives each channel a level histogram.
	Equalize Kind = "Equalize"
)

// Op is one operation on an image. Value is its strength, in the unit that its Kind names; some
// kinds have none.
type Op struct {
	Kind  Kind
	Value float64
}

// Canvas is an image that operations change. Its memory is used again for the next image.
type Canvas struct {
	// Image is packed R, G, B. Operations replace it or write into it.
	Image *pixels.RGB
	spare *pixels.RGB
}

// Crop copies the size x size pixels of m from (x,y) on to the canvas, mirrored if flip is true.
// It is an error if that square leaves the image.
func (c *Canvas) Crop(m *pixels.RGB, x, y, size int, flip bool) error {
	c.Image = sized(c.Image, size, size)
	return m.Crop(c.Image.Pix, x, y, size, flip)
}

// sized gives an image of w x h pixels with any content, in the memory of m where that suffices.
func sized(m *pixels.RGB, w, h int) *pixels.RGB {
	if m == nil || cap(m.Pix) < 3*w*h {
		return &pixels.RGB{Pix: make([]uint8, 3*w*h), W: w, H: h}
	}
	m.Pix, m.W, m.H = m.Pix[:3*w*h], w, h
	return m
}

// second gives a second image of the same size, with any content.
func (c *Canvas) second() *pixels.RGB {
	c.spare = sized(c.spare, c.Image.W, c.Image.H)
	return c.spare
}

// swap makes the second image the image.
func (c *Canvas) swap() { c.Image, c.spare = c.spare, c.Image }

// Apply does an operation. How fills what an operation on places leaves open.
func (c *Canvas) Apply(op Op, how Placing) {
	switch op.Kind {
	case Brightness:
		brightness(c.Image, float32(op.Value))
	case Contrast:
		contrast(c.Image, float32(op.Value))
	case Color:
		saturation(c.Image, float32(op.Value))
	case Hue:
		hue(c.Image, op.Value)
	case Sharpness:
		c.sharpness(float32(op.Value))
	case Posterize:
		posterize(c.Image, int(op.Value))
	case Solarize:
		solarize(c.Image, op.Value)
	case AutoContrast:
		autoContrast(c.Image)
	case Equalize:
		equalize(c.Image)
	default:
		if m, ok := matrixOf(op, c.Image.W, c.Image.H); ok {
			c.affine(m, how)
		}
	}
}

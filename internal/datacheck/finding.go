// Package datacheck finds what is wrong with a data set before a long training.
package datacheck

import (
	"errors"
	"io/fs"

	"acol/internal/data"
)

// Severity says how bad a finding is.
type Severity string

const (
	// Error stops a training or makes its figures wrong.
	Error Severity = "error"
	// Warning may be wrong, and somebody should look at it.
	Warning Severity = "warning"
	// Note is worth knowing, but acol reads the data as it should be read.
	Note Severity = "note"
)

// Kind names what was found.
type Kind string

// The kinds of findings; see Kinds.
const (
	List         Kind = "list"
	Line         Kind = "line"
	Missing      Kind = "missing"
	Unreadable   Kind = "unreadable"
	Unsupported  Kind = "unsupported"
	LeftOut      Kind = "left-out"
	Truncated    Kind = "truncated"
	Shape        Kind = "shape"
	CMYK         Kind = "cmyk"
	Deep         Kind = "16-bit"
	Grey         Kind = "grey"
	Turned       Kind = "rotated"
	Size         Kind = "size"
	Mask         Kind = "mask"
	BoxOutside   Kind = "box-outside"
	BoxInverted  Kind = "box-inverted"
	BoxBeyond    Kind = "box-beyond"
	BoxClipped   Kind = "box-clipped"
	BoxEmpty     Kind = "box-empty"
	LabelRange   Kind = "label-range"
	LabelOrder   Kind = "label-order"
	LabelMixed   Kind = "label-mixed"
	NoLabel      Kind = "no-label"
	NoImages     Kind = "no-images"
	SameName     Kind = "same-name"
	NoImage      Kind = "no-image"
	Several      Kind = "several-files"
	Classes      Kind = "classes"
	SharedFile   Kind = "shared-file"
	SharedImage  Kind = "shared-image"
	RepeatedFile Kind = "repeated-image"
	Contradicted Kind = "contradicted-image"
)

// Explained is a kind of finding with its severity and meaning.
type Explained struct {
	Kind     Kind
	Severity Severity
	Doc      string
}

// Kinds lists every kind, the worst first.
var Kinds = []Explained{
	{List, Error, "a list or folder cannot be read at all"},
	{Line, Error, "a line or element of a list cannot be read"},
	{Missing, Error, "a listed file is not there"},
	{Unreadable, Error, "an image cannot be decoded"},
	{Unsupported, Error, "an image is of a kind that acol does not read"},
	{Truncated, Error, "an image ends early"},
	{Shape, Error, "an image is too long for data.input.resize"},
	{Size, Error, "a listed size is not the file's"},
	{Mask, Error, "a mask is not there or cannot be decoded"},
	{BoxOutside, Error, "a box is outside of its image"},
	{BoxInverted, Error, "a box has its corners in the wrong order, or a negative one"},
	{LabelRange, Error, "a label is no class of the data set"},
	{LabelMixed, Error, "lists number ImageNet's classes in different orders"},
	{Classes, Error, "splits have different classes"},
	{SharedFile, Error, "one file is in two splits"},
	{SharedImage, Error, "two splits have images of the same content"},
	{LeftOut, Warning, "a folder has a picture that acol does not read and leaves out, such as HEIC"},
	{LabelOrder, Warning,
		"ImageNet's classes are not in torchvision's order, which pretrained classifiers have"},
	{NoLabel, Warning, "an image has no label and is left out"},
	{NoImage, Warning, "an annotation describes no image of its split"},
	{Several, Warning, "a name in a list fits several files, of which one is read"},
	{SameName, Warning, "classes have the same name, of which data.classes finds the first"},
	{NoImages, Warning, "a class has no images to train on"},
	{BoxBeyond, Warning, "a box sticks out of its image, and is used so"},
	{BoxEmpty, Warning, "a box has no area and is left out; its object still labels the image"},
	{Contradicted, Warning, "images of the same content have different labels"},
	{Turned, Warning, "EXIF turns the image, while boxes mean the stored pixels"},
	{CMYK, Warning, "an image is CMYK; its colours become RGB without a profile"},
	{Deep, Warning, "an image has 16 bits a channel, of which 8 are used"},
	{Grey, Note, "an image is greyscale; its channels are made equal"},
	{BoxClipped, Note, "a box sticks out of its image and is clipped, as the format's users do"},
	{RepeatedFile, Note, "a split has two images of the same content"},
}

// severityOf gives the severity of a kind.
func severityOf(k Kind) Severity {
	for _, e := range Kinds {
		if e.Kind == k {
			return e.Severity
		}
	}
	return Error
}

// Finding is one thing in a data set that is wrong, or worth knowing.
type Finding struct {
	Severity Severity `json:"severity"`
	Kind     Kind     `json:"kind"`
	// Split is the name of the split, "" if the finding is about several.
	Split string `json:"split,omitempty"`
	// Image is the id of the image, "" if the finding is not about one.
	Image string `json:"image,omitempty"`
	// File is the list, or the file of the image if the finding is about that.
	File string `json:"file,omitempty"`
	// Line is the line of the list, from 1; 0 means none.
	Line    int    `json:"line,omitempty"`
	Message string `json:"message"`
}

// kindOf has the kinds of the problems that reading tells apart, in the order in which they are
// looked for.
var kindOf = []struct {
	reason error
	kind   Kind
}{
	{data.ErrBoxOrder, BoxInverted},
	{data.ErrBoxOutside, BoxOutside},
	{data.ErrBoxBeyond, BoxBeyond},
	{data.ErrBoxClipped, BoxClipped},
	{data.ErrBoxEmpty, BoxEmpty},
	{data.ErrLabel, LabelRange},
	{data.ErrNoLabel, NoLabel},
	{data.ErrSameName, SameName},
	{data.ErrNoImage, NoImage},
	{data.ErrForeign, LeftOut},
	{data.ErrSeveral, Several},
	{fs.ErrNotExist, Missing},
}

// ofProblem turns a problem of the lists into a finding.
func ofProblem(split string, p *data.Problem) Finding {
	f := Finding{Split: split, Image: p.Image, File: p.File, Line: p.Line, Message: p.Reason()}
	for _, k := range kindOf {
		if errors.Is(p, k.reason) {
			f.Kind = k.kind
			return f
		}
	}
	f.Kind = Line
	if p.Line == 0 {
		f.Kind = List
	}
	return f
}

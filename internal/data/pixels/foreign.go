package pixels

import (
	"path/filepath"
	"slices"
	"strings"
)

// foreign is a kind of picture that other programs make and Load does not read.
type foreign struct {
	// name is what people call it.
	name string
	// endings are those of its files' names.
	endings []string
	// magics are what its files can begin with. A question mark stands for any byte.
	magics []string
}

// foreigners are the kinds of pictures that messages name where Load does not read them. Most
// camera raws are TIFF files by their content, of which Load reads what they hold as a picture.
var foreigners = []foreign{
	{"HEIC", []string{".heic", ".heif", ".hif"}, []string{
		"????ftypheic", "????ftypheix", "????ftypheim", "????ftyphevc", "????ftypmif1",
		"????ftypmsf1",
	}},
	{"AVIF", []string{".avif"}, []string{"????ftypavif", "????ftypavis"}},
	{"JPEG XL", []string{".jxl"}, []string{"\xff\x0a", "\x00\x00\x00\x0cJXL "}},
	{"JPEG 2000", []string{".jp2", ".j2k", ".jpf", ".jpx", ".j2c"}, []string{
		"\x00\x00\x00\x0cjP  ", "\xff\x4f\xff\x51",
	}},
	{"camera raw", []string{
		".cr3", ".cr2", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".dng", ".raf", ".orf",
		".rw2", ".pef", ".srw", ".3fr", ".iiq", ".kdc",
	}, []string{"????ftypcrx ", "FUJIFILMCCD-RAW"}},
	{"Photoshop", []string{".psd", ".psb"}, []string{"8BPS"}},
	{"SVG", []string{".svg", ".svgz"}, []string{"<svg"}},
	{"PDF", []string{".pdf"}, []string{"%PDF"}},
	{"icon", []string{".ico"}, []string{"\x00\x00\x01\x00"}},
	{"PNM", []string{".ppm", ".pgm", ".pbm", ".pnm", ".pam"}, []string{
		"P1\n", "P2\n", "P3\n", "P4\n", "P5\n", "P6\n", "P7\n",
	}},
	{"OpenEXR", []string{".exr"}, []string{"\x76\x2f\x31\x01"}},
	{"Radiance HDR", []string{".hdr"}, []string{"#?RADIANCE"}},
	{"QOI", []string{".qoi"}, []string{"qoif"}},
	{"DDS", []string{".dds"}, []string{"DDS "}},
	{"TGA", []string{".tga"}, nil},
}

// ForeignKind returns what people call the pictures of a file name's ending where Load does not
// read them, such as HEIC, and "" for any other name.
func ForeignKind(name string) string {
	ending := strings.ToLower(filepath.Ext(name))
	for i := range foreigners {
		if slices.Contains(foreigners[i].endings, ending) {
			return foreigners[i].name
		}
	}
	return ""
}

// foreignContent finds the kind of a file by its first bytes; nil for none of foreigners.
func foreignContent(head []byte) *foreign {
	for i := range foreigners {
		for _, magic := range foreigners[i].magics {
			if begins(head, magic) {
				return &foreigners[i]
			}
		}
	}
	return nil
}

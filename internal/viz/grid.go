package viz

import "image"

// defaultTileHeight is the height of a cell in pixels.
const defaultTileHeight = 256

// GridOptions says how tiles are drawn and what stands around them.
type GridOptions struct {
	Title   string // one line at the top, shortened to the width of the picture
	Caption string // at the bottom, wrapped to at most four lines
	Overlay OverlayOptions
	// TileHeight is the height of every cell in pixels, kept within 64 and 2048; 0 stands for 256.
	// Letters and margins grow with it.
	TileHeight int
}

// Grid sets tiles in rows on white. All cells have one size: TileHeight, by the width that the
// widest picture has at that height, within 5/8 and 2 times the height. Pictures keep their aspect
// and are centred in their cells. Rows may have different lengths. A label that is wider than its
// cell is broken between words, and shortened with an ellipsis after three lines; a row whose tiles
// have none has no line for them. Where tiles have boxes or maps, a legend explains their colours.
func Grid(rows [][]Tile, opt GridOptions) *image.NRGBA {
	height := tileHeight(opt.TileHeight)
	columns := 1
	var sizes []image.Point
	var has contents
	for _, row := range rows {
		columns = max(columns, len(row))
		for _, t := range row {
			if t.Image != nil {
				sizes = append(sizes, t.Image.Bounds().Size())
				has.add(t)
			}
		}
	}
	f := newLayout(image.Pt(cellWidth(sizes, height), height), columns, opt.Overlay)
	var blocks []block
	if opt.Title != "" {
		blocks = append(blocks, f.heading(opt.Title))
	}
	for _, row := range rows {
		blocks = append(blocks, f.tiles(row))
	}
	if has != (contents{}) {
		blocks = append(blocks, f.legend(has))
	}
	if opt.Caption != "" {
		blocks = append(blocks, f.paragraph(opt.Caption))
	}
	return f.stack(blocks)
}

// tileHeight is the height of a cell in pixels where GridOptions asks for h.
func tileHeight(h int) int {
	if h == 0 {
		h = defaultTileHeight
	}
	return min(max(h, 64), 2048)
}

// cellWidth is the width that the widest of pictures of these sizes has at the given height,
// within the bounds that Grid states.
func cellWidth(sizes []image.Point, height int) int {
	width := height * 5 / 8
	for _, s := range sizes {
		if s.X > 0 && s.Y > 0 {
			width = max(width, fit(s, image.Pt(2*height, height)).X)
		}
	}
	return width
}

package viz

import (
	"image"

	"acol/internal/box"
	"acol/internal/cam"
)

// LabelledMap is a score map in the frame of its photograph and the label above its tile.
type LabelledMap struct {
	Name string
	Map  cam.Map
}

// LabelledMask is a mask in the frame of its photograph and the label above its tile.
type LabelledMask struct {
	Name string
	Mask Mask
}

// PanelInput is what Panel shows of one image. Parts that are empty are left out.
type PanelInput struct {
	Image   image.Image
	Maps    []LabelledMap  // each branch's score map, scores in [0,1]
	Erased  []LabelledMask // what each branch after the first does not see
	Fused   LabelledMap    // the fused score map; without a name it is called "fused"
	Boxes   []LabelledBox  // predicted, in pixels of Image, drawn on the fused map
	Truth   []box.Box      // true, in pixels of Image, drawn on the fused map
	Title   string
	Caption string
}

// PanelOptions says how a panel is drawn.
type PanelOptions struct {
	Overlay OverlayOptions
	// TileHeight is as in GridOptions.
	TileHeight int
}

// Panel draws a row of tiles for one image: the image, the map of each branch, what was erased,
// and the fused map with the boxes. Each tile stands under its label; title, legend and caption
// are around them. The layout is that of Grid. A nil or empty Image gives empty cells.
func Panel(in PanelInput, opt PanelOptions) *image.NRGBA {
	photo, size := in.Image, image.Point{}
	if in.Image != nil && !in.Image.Bounds().Empty() {
		size = in.Image.Bounds().Size()
		height := tileHeight(opt.TileHeight)
		photo = rescale(in.Image, image.Pt(cellWidth([]image.Point{size}, height), height))
	}
	tiles := []Tile{{Label: "image", Image: photo}}
	for _, m := range in.Maps {
		tiles = append(tiles, Tile{Label: m.Name, Image: photo, Map: m.Map})
	}
	for _, e := range in.Erased {
		tiles = append(tiles, Tile{Label: e.Name, Image: photo, Erased: e.Mask})
	}
	name := in.Fused.Name
	if name == "" {
		name = "fused"
	}
	tiles = append(tiles, Tile{
		Label: name, Image: photo, Map: in.Fused.Map, Boxes: in.Boxes, Truth: in.Truth, BoxesIn: size,
	})
	return Grid([][]Tile{tiles}, GridOptions{
		Title: in.Title, Caption: in.Caption, Overlay: opt.Overlay, TileHeight: opt.TileHeight,
	})
}

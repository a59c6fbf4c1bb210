package model

import "acol/internal/cam"

// Fusion says of which branches the fused map is the element-wise maximum.
type Fusion string

// The fusions.
const (
	// FusePositive takes the p branches: those that learn the class.
	FusePositive Fusion = "positive"
	// FuseAll takes every branch.
	FuseAll Fusion = "all"
)

// Choices lists the fusions.
func (Fusion) Choices() []string { return []string{string(FusePositive), string(FuseAll)} }

// branches lists the indices of the branches that the fusion takes, out of branches of these kinds.
func (f Fusion) branches(kinds string) []int {
	var use []int
	for i, kind := range kinds {
		if kind == 'p' || f == FuseAll {
			use = append(use, i)
		}
	}
	return use
}

// fuse returns the maximum over the maps, one a branch, of the branches that the fusion takes.
func (f Fusion) fuse(kinds string, maps []cam.Map) (cam.Map, error) {
	var use []cam.Map
	for _, i := range f.branches(kinds) {
		use = append(use, maps[i])
	}
	dst := cam.New(maps[0].H, maps[0].W)
	dst.At = maps[0].At
	return dst, cam.Fuse(dst, use...)
}

// Package viz draws what a network saw: score maps laid over photographs, boxes and their labels,
// and panels that show the branches of an ACoL network side by side.
//
// Overlay lays one map over one photograph and DrawBoxes draws boxes onto it. Panel shows all that
// is known of one photograph in a row of tiles; Grid sets tiles of any kind in rows. Nothing here
// decides what is drawn: maps, masks and boxes come in as they are to be seen, in the frame of
// their photograph.
package viz

// Package labels writes boxes as the data sets that detectors are trained on and that annotation
// tools open: YOLO, COCO, Pascal VOC and labelme.
//
// Each data set is a folder that is complete in itself: it holds copies of its pictures, byte for
// byte, because some programs that read it mend pictures where they lie. Boxes are in the frame in
// which the readers of a format see a picture. Readers of YOLO and labelme turn it upright by its
// EXIF orientation; readers of COCO and VOC take the pixels as the file stores them.
package labels

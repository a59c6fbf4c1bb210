// Package localize shows where the objects of images are: an image goes in, and its classes with
// their probabilities, score maps, erased regions and boxes come out.
//
// A Localizer holds a model that is compiled for a number of images at once. Image looks at one
// decoded image, Batches at a stream of files, which it decodes in parallel in bounded memory. Each
// image gives a Result: plain data that says what was found, in which frame and in which units.
// Overlay and Panel draw a Result; Summary is what is printed and served of it.
//
// The stages are separate functions, so that a caller who changes one setting repeats no more than
// that setting reaches. The backbone runs on the pixels; the heads run on its features for one
// class of each image (look); boxes are cut out of a finished score map by threshold and rule
// alone (Cut).
package localize

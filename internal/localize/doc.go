// Package localize shows where the objects of images are.
package localize

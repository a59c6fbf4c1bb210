// Package acol holds the tests that concern the whole repository; the program is
// in cmd/acol.
package acol

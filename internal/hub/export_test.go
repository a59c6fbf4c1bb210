package hub

// SetPause makes attempts follow each other at once, until the returned function is called.
func SetPause() (restore func()) {
	old := pause
	pause = 0
	return func() { pause = old }
}

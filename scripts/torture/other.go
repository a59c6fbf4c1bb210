//go:build !linux

package main

const linuxAlone = "it is written for Linux"

func needsSignals() string { return linuxAlone }
func needsFIFO() string    { return linuxAlone }
func needsMount() string   { return linuxAlone }
func needsPTY() string     { return linuxAlone }

func fullDisk(*try) error     { return nil }
func signalled(*try) error    { return nil }
func brokenStderr(*try) error { return nil }
func closedPTY(*try) error    { return nil }
func pipe(*try) error         { return nil }

package main

import "os"

// notifyOfTime does nothing: Windows has no such signal.
func notifyOfTime(chan<- os.Signal) {}

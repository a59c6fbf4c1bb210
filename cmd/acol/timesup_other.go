//go:build !windows

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyOfTime passes on the signal that a batch system sends before a job's time is over.
func notifyOfTime(c chan<- os.Signal) { signal.Notify(c, syscall.SIGUSR1) }

// Acol trains, evaluates and runs ACoL, Adversarial Complementary Learning for
// weakly supervised object localization.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the program at once
	code := execute(ctx, systemIO(), os.Args[1:])
	stop()
	os.Exit(code)
}

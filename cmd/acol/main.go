// Acol trains, evaluates and runs ACoL, Adversarial Complementary Learning for
// weakly supervised object localization.
package main

import "os"

func main() {
	ctx, stop := interruptible()
	s := systemIO()
	s.Out, s.Err = resultPipe{s.Out}, errorPipe{s.Err, stop}
	os.Exit(execute(ctx, s, os.Args[1:]))
}

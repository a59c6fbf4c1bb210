package model_test

import (
	"os"
	"testing"

	"acol/internal/engine/enginetest"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device/devicetest"
)

// onDevice lists a case of each family, and among them p, pp, pn and ppp, each head, and losses.
// With ACOL_DEVICE=all the tests take every case; XLA compiles a network for many seconds.
var onDevice = []string{
	"convnextsmall-w0.125-pn-conv-gt-rect", "efficientnetb0-p-linear-frozenbn",
	"googlenetv1-bvlc-w0.25-pn-conv-gt", "inceptionv3-w0.25-p-linear-frozenbn",
	"mobilenetv2-w0.35-p-linear-frozenbn", "resnet18-drops-w0.25-p-linear-frozenbn",
	"resnet18-w0.25-ppp-conv-ge", "squeezenet1.1-pn-linear-gt",
	"squeezenet1.1-sets-loss-pp-linear-ge", "vgg16-w0.25-p-conv6",
}

func TestDevicesEqualPyTorch(t *testing.T) {
	o := backend.Options{Device: devicetest.Plugin(t), Threads: 1}
	e := enginetest.Open(t, o) // one for all cases, as compiled programs are kept
	check := func(t *testing.T, c golden) {
		m := c.model(t)
		c.checkEval(t, e, m)
		if s := c.checkTrain(t, e, m, tolGradient); c.SGD != nil {
			c.checkSteps(t, e, m, s)
		}
	}
	switch os.Getenv("ACOL_DEVICE") {
	case "all":
		eachGolden(t, "parity", check)
		eachGolden(t, "spg", check)
	case "families":
		for _, name := range onDevice {
			runGolden(t, "parity", name, check)
		}
		runGolden(t, "spg", "resnet50-os16", check)
	default:
		runGolden(t, "parity", "squeezenet1.1-pn-linear-gt", check)
	}
}

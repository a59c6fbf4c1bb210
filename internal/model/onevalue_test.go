package model_test

import (
	"errors"
	"strings"
	"testing"

	"acol/internal/engine/enginetest"
	"acol/internal/model"
)

// torch.nn.BatchNorm2d raises "Expected more than 1 value per channel when training" where N*H*W
// is 1, and nowhere else; in evaluation, which is what frozen batch norm does, never.
func TestBatchNormOfOneValueIsRefusedAsByPyTorch(t *testing.T) {
	e := enginetest.Open(t, enginetest.Portable)
	for _, c := range []struct {
		name        string
		batch, h, w int
		stride      int
		frozen      bool
		refused     string // the layer
	}{
		{"one image, maps of 1x1", 1, 32, 32, 32, false, "layer4.0.bn1"},
		{"two images", 2, 32, 32, 32, false, ""},
		{"maps of 1x2", 1, 32, 64, 32, false, ""},
		{"maps of 2x1", 1, 64, 32, 32, false, ""},
		{"a smaller stride", 1, 32, 32, 16, false, ""},
		{"frozen", 1, 32, 32, 32, true, ""},
		{"one pixel", 1, 1, 1, 32, false, "bn1"},
		{"one pixel of two images", 2, 1, 1, 32, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := model.DefaultConfig()
			cfg.Backbone.Width, cfg.Backbone.OutputStride = 0.0625, c.stride
			cfg.Backbone.FreezeBN = c.frozen
			m, err := model.New(cfg, 2)
			if err != nil {
				t.Fatal(err)
			}
			_, err = m.NewTrainStep(e, c.batch, c.h, c.w)
			var one *model.OneValueError
			if got := errors.As(err, &one); got != (c.refused != "") || !got && err != nil {
				t.Fatalf("error %v, want one of one value: %v", err, c.refused != "")
			}
			want := "building " + c.refused + ": expected more than 1 value per channel"
			if err != nil && !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error %q, want the layer %s", err, c.refused)
			}
		})
	}
}

// Each of several devices has its own images, and with synchronised norms all of them.
func TestBatchNormOfOneImageOnEachDeviceSaysSo(t *testing.T) {
	cfg := model.DefaultConfig()
	cfg.Backbone.Width, cfg.Backbone.OutputStride = 0.0625, 32
	m, err := model.New(cfg, 2)
	if err != nil {
		t.Fatal(err)
	}
	in, part := model.Input{Batch: 2, Height: 32, Width: 32}, &model.Part{Images: 2, Devices: 2}
	_, err = m.NewPartStep(enginetest.Devices(t, 2), in, part)
	var one *model.OneValueError
	if !errors.As(err, &one) || !strings.HasSuffix(err.Error(),
		"batch norm has 1 image of the batch on each device or process and maps of 1x1") ||
		!strings.HasSuffix(one.Hint(), "set model.backbone.freeze_bn or train.ranks.sync_norm") {
		t.Errorf("error %v", err)
	}
	part.SyncNorm = true
	if _, err := m.NewPartStep(enginetest.Devices(t, 2), in, part); err != nil {
		t.Errorf("synchronised norms: %v", err)
	}
}

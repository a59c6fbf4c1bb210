package model

// OneValueError says that a batch norm would be trained on one image with maps of one position. The
// mean of a single value is the value, so that whatever comes in, the bias alone comes out: such a
// network learns nothing. PyTorch refuses it in the same words.
type OneValueError struct {
	// Shared says that devices or processes share the batch out, and that each has one image.
	Shared bool
}

func (e *OneValueError) Error() string {
	of := "a batch of 1 image"
	if e.Shared {
		of = "1 image of the batch on each device or process"
	}
	return "expected more than 1 value per channel when training: " +
		"batch norm has " + of + " and maps of 1x1"
}

// Hint says what to change.
func (e *OneValueError) Hint() string {
	hint := "raise train.batch_size or data.input.size, lower model.backbone.output_stride, " +
		"or set model.backbone.freeze_bn"
	if e.Shared {
		hint += " or train.ranks.sync_norm"
	}
	return hint
}

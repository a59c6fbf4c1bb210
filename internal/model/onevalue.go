package model

// OneValueError says that a batch norm would be trained on a batch of one image with maps of one
// position. The mean of a single value is the value, so that whatever comes in, the bias alone
// comes out: such a network learns nothing. PyTorch refuses it in the same words.
type OneValueError struct{}

var errOneValue = &OneValueError{}

func (*OneValueError) Error() string {
	return "expected more than 1 value per channel when training: " +
		"batch norm has a batch of 1 image and maps of 1x1"
}

// Hint says what to change.
func (*OneValueError) Hint() string {
	return "raise train.batch_size or data.input.size, lower model.backbone.output_stride, " +
		"or set model.backbone.freeze_bn"
}

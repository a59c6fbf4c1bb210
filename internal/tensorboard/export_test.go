package tensorboard

// Record is the record of some data.
func Record(data []byte) []byte { return appendRecord(nil, data) }

package train

// ClipFactor is clipFactor, for tests.
var ClipFactor = clipFactor

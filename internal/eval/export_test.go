package eval

// Aside has an evaluator measure beside its network, as with a device.
func Aside(ev *Evaluator) { ev.aside = true }

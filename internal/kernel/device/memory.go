package device

import (
	"fmt"
	"os"
	"strconv"

	"acol/internal/pjrt"
)

const (
	// memoryVariable is the variable of the environment that says which share of a GPU's memory a
	// client takes, above 0 and at most 1. It is a matter of the machine, and so of no recipe.
	memoryVariable = "ACOL_DEVICE_MEMORY"
	// memoryFraction is the option of plugins for it, whose default is 0.75.
	memoryFraction = "memory_fraction"
)

// setMemory adds the share of a GPU's memory to a client's options where the user has named one. An
// error is an *Error.
func setMemory(o pjrt.Options) error {
	text := os.Getenv(memoryVariable)
	if text == "" {
		return nil
	}
	share, err := strconv.ParseFloat(text, 32)
	if err != nil || !(share > 0 && share <= 1) {
		return &Error{
			Wrong: true, Text: fmt.Sprintf("%s: %q is not above 0 and at most 1", memoryVariable, text),
			Advice: "want the share of a GPU's memory that this program may take, such as 0.9; unset, " +
				"the plugin decides, and NVIDIA's takes 0.75",
		}
	}
	o[memoryFraction] = float32(share)
	return nil
}

package device

import (
	"errors"
	"strings"
	"testing"

	"acol/internal/pjrt"
)

func TestTheShareOfMemoryIsAnOption(t *testing.T) {
	t.Setenv(memoryVariable, "0.5")
	o := pjrt.Options{}
	if err := setMemory(o); err != nil || o[memoryFraction] != float32(0.5) {
		t.Errorf("options %v, error %v", o, err)
	}
	t.Setenv(memoryVariable, "")
	o = pjrt.Options{}
	if err := setMemory(o); err != nil || len(o) != 0 {
		t.Errorf("options %v, error %v", o, err)
	}
	for _, wrong := range []string{"0", "-1", "1.5", "half", "NaN", "Inf", "75%"} {
		t.Setenv(memoryVariable, wrong)
		var e *Error
		err := setMemory(o)
		if !errors.As(err, &e) || !e.Wrong || !strings.Contains(e.Text, wrong) || len(o) != 0 {
			t.Errorf("%s: options %v, error %v", wrong, o, err)
		}
	}
}

package pjrt

import (
	"errors"
	"testing"
)

func TestALibraryThatIsMissingIsNamed(t *testing.T) {
	const path = "/p/xla.so"
	for says, want := range map[string]string{
		"libcudnn.so.9: cannot open shared object file: No such file or directory": "libcudnn.so.9",
		path + ": cannot open shared object file: No such file or directory":       "",
		path + ": invalid ELF header":                                              "",
		"broken":                                                                   "",
	} {
		var e *LinkError
		if err := linkError(path, errors.New(says)); !errors.As(err, &e) || e.Library != want ||
			e.Text != "loading the plugin: "+says {
			t.Errorf("%s: %+v", says, e)
		}
	}
}

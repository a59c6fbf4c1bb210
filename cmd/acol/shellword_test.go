package main

import (
	"os/exec"
	"runtime"
	"testing"
)

func TestWordsForAShellStayOneWord(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("other quotes")
	}
	for word, want := range map[string]string{
		"runs/bird-1": "runs/bird-1", "été.jpg": "été.jpg", "": "''", "a b": "'a b'",
		"it's": `'it'\''s'`, "$HOME": "'$HOME'", `a\b`: `'a\b'`, "a\nb": `$'a\nb'`,
		"it's\x1b[31m": `$'it\'s\x1b[31m'`, "a\u202eb\\": `$'a\u202eb\\'`, "a\u00a0b": "'a\u00a0b'",
	} {
		got := shellWord(word)
		if got != want {
			t.Errorf("%q becomes %s, want %s", word, got, want)
		}
		bash, err := exec.LookPath("bash")
		if err != nil {
			continue
		}
		c := exec.CommandContext(t.Context(), bash, "-c", "printf %s "+got)
		c.Env = []string{"LC_ALL=C.UTF-8"}
		if back, err := c.Output(); err != nil || string(back) != word {
			t.Errorf("bash takes %s for %q, want %q: %v", got, back, word, err)
		}
	}
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestAnInterruptedCommandSaysSo(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want string
	}{
		{context.Canceled, "acol: error: interrupted\n"},
		{fmt.Errorf("measuring training: %w", context.Canceled),
			"acol: error: measuring training: interrupted\n"},
		{errors.New("a file called context canceled"),
			"acol: error: a file called context canceled\n"},
	} {
		var messages bytes.Buffer
		s := &streams{Err: &messages}
		root := newRootCmd(s)
		tellError(s, root, nil, tc.err)
		if messages.String() != tc.want {
			t.Errorf("%v: %q, want %q", tc.err, messages.String(), tc.want)
		}
	}
}

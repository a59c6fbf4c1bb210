package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"acol/internal/bench"
)

// report is what versus reads of the object that acol bench --json prints.
type report struct {
	Model     string  `json:"model"`
	Size      int     `json:"size"`
	Commit    string  `json:"commit"`
	Kernels   string  `json:"kernels"`
	ISA       string  `json:"isa"`
	Threads   int     `json:"threads"`
	TrainRate float64 `json:"train_img_s"`
	InferRate float64 `json:"infer_img_s"`
	Peak      int64   `json:"peak_bytes"`
	PeakFLOPS float64 `json:"peak_flops"`
	Train     *parts  `json:"train"`
	Infer     *parts  `json:"infer"`
}

// parts is what versus reads of the profile of training or of inference.
type parts struct {
	Profile []bench.Entry `json:"profile"`
}

// bench runs acol bench on a network, with more flags behind.
func (s *sitting) bench(
	ctx context.Context, n network, mode string, batch int, more ...string,
) (*report, error) {
	args := append([]string{
		"bench", "--json", "--mode", mode, "--batch", strconv.Itoa(batch),
		"--threads", strconv.Itoa(s.threads),
	}, n.acol...)
	out, err := s.exec(ctx, s.acol, append(args, more...)...)
	if err != nil {
		return nil, err
	}
	var r report
	if err := json.Unmarshal(out, &r); err != nil {
		return nil, fmt.Errorf("reading what acol bench printed: %w", err)
	}
	return &r, nil
}

// torch runs torch_acol.py on a network.
func (s *sitting) torch(ctx context.Context, n network, args ...string) ([]byte, error) {
	head := append([]string{s.script, "--threads", strconv.Itoa(s.threads)}, n.torch...)
	return s.exec(ctx, s.python, append(head, args...)...)
}

// exec runs a program with a fixed number of threads and returns what it prints.
func (s *sitting) exec(ctx context.Context, name string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Env = environment(os.Environ(), s.threads)
	var out, messages bytes.Buffer
	c.Stdout, c.Stderr = &out, &messages
	if err := c.Run(); err != nil {
		var exit *exec.ExitError
		if last := lastLine(messages.String()); errors.As(err, &exit) && last != "" {
			return nil, fmt.Errorf("%s: %s", filepath.Base(name), last)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out.Bytes(), nil
}

// lastLine is the last of a program's messages. Both programs say there what went wrong.
func lastLine(messages string) string {
	lines := strings.Split(strings.TrimSpace(messages), "\n")
	return strings.TrimSpace(strings.TrimPrefix(lines[len(lines)-1], "acol:"))
}

// environment fixes the number of threads and leaves out all variables that steer numeric libraries
// or acol itself, so that the user's settings do not slow one of the two programs.
func environment(env []string, threads int) []string {
	var out []string
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		if !steering.MatchString(name) {
			out = append(out, v)
		}
	}
	n := strconv.Itoa(threads)
	return append(out, "OMP_NUM_THREADS="+n, "MKL_NUM_THREADS="+n, "GOMAXPROCS="+n)
}

// steering matches the names of the variables that environment leaves out.
var steering = regexp.MustCompile(
	`^(OMP|KMP|GOMP|MKL|OPENBLAS|NVPL|BLIS|DNNL|ONEDNN|ATEN|TORCH|ACOL)_` +
		`|^GOMAXPROCS$|^GOGC$|^GOMEMLIMIT$`)

// precisionKey asks acol for the recipe's key that sets the number format.
func (s *sitting) precisionKey(ctx context.Context) string {
	out, err := s.exec(ctx, s.acol, "config", "keys")
	if err != nil {
		return ""
	}
	return string(regexp.MustCompile(`[\w.]*\bprecision\b`).Find(out))
}

// findTorch checks that Python has PyTorch. Where it does not, findTorch says so, and acol is
// measured alone.
func (s *sitting) findTorch(ctx context.Context) {
	if s.python == "" {
		return
	}
	if _, err := s.exec(ctx, s.python, "-c", "import torch"); err != nil {
		s.say("measuring acol alone: %v", err)
		s.python = ""
	}
}

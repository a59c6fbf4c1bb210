package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"acol/internal/hub"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kernels"
	"acol/internal/mpi"
	"acol/internal/train"
)

func TestThreadsBeyondTheProcessorsAreNotStarted(t *testing.T) {
	for _, c := range []struct{ threads, processors, want int }{
		{0, 2, 0}, {1, 2, 1}, {2, 2, 2}, {3, 2, 2}, {1024, 1, 1},
	} {
		s, _, messages := memoryIO()
		if got := boundThreads(s, c.threads, c.processors); got != c.want {
			t.Errorf("%d threads on %d processors: %d, want %d", c.threads, c.processors, got, c.want)
		}
		if told := messages.Len() > 0; told != (c.want < c.threads) {
			t.Errorf("%d threads on %d processors: %s", c.threads, c.processors, messages)
		}
	}
	s, _, messages := memoryIO()
	code := execute(t.Context(), s, []string{
		"bench", "--arch", "squeezenet", "--size", "32", "--batch", "1", "--classes", "2", "--steps", "1", "--warmup", "0",
		"--mode", "infer", "--threads", "1024",
	})
	if text := messages.String(); code != exitOK || !strings.Contains(text, "train.threads is 1024, and this process has") {
		t.Errorf("exit code %d: %s", code, text)
	}
}

func TestWhatADownloadHasOpenedTheEngineTakes(t *testing.T) {
	s, _, _ := memoryIO()
	c := train.DefaultConfig()
	c.Kernels, c.Threads = "portable", 1
	if err := openEarly(s, c); err != nil {
		t.Fatal(err)
	}
	opened := s.early.Backend
	other := c
	other.Threads = 2
	for _, asked := range []struct {
		train.Config
		same bool
	}{{other, false}, {c, true}, {c, false}} {
		e, err := newEngine(s, asked.Config)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if got := e.Backend() == opened; got != asked.same {
			t.Errorf("%d threads: the engine has what was opened before: %t", asked.Threads, got)
		}
	}
}

// TestARecipeInBF16ComputesInFP32OnAMachineWithoutIt opens kernels of which none has bf16.
func TestARecipeInBF16ComputesInFP32OnAMachineWithoutIt(t *testing.T) {
	lacking := errors.New("no bf16")
	open := func(o backend.Options) (backend.Backend, error) {
		if o.Precision == backend.BF16 {
			return nil, lacking
		}
		return kernels.Open(o)
	}
	s, _, messages := memoryIO()
	o := backend.Options{Kernels: "auto", Threads: 1, Precision: backend.BF16}
	b, err := openKernels(s, o, open)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.Precision() != backend.FP32 || !strings.Contains(messages.String(),
		"train.precision is bf16, which this machine does not have: it computes in fp32") {
		t.Errorf("%s: %s", b.Precision(), messages)
	}
	o.Kernels = "native"
	if _, err := openKernels(s, o, open); !errors.Is(err, lacking) {
		t.Errorf("kernels that were named: %v", err)
	}
}

// noticing is a backend that has something to tell.
type noticing struct{ backend.Backend }

func (noticing) Notice() string { return "its library has threads of its own" }

func TestWhatABackendHasToTellIsSaid(t *testing.T) {
	s, _, messages := memoryIO()
	open := func(o backend.Options) (backend.Backend, error) {
		b, err := kernels.Open(o)
		return noticing{b}, err
	}
	b, err := openKernels(s, backend.Options{Kernels: "portable", Threads: 1}, open)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	if text := messages.String(); text != "acol: its library has threads of its own\n" {
		t.Errorf("%q", text)
	}
}

func TestNumbersThatNoMachineHasAreRefused(t *testing.T) {
	for _, line := range []string{
		"data check --workers 1000000000", "data check --show 2000000000", "eval --bootstrap 2000000000",
		"bench --steps 2000000000", "bench --warmup 2000000000",
		"bench --threads 1025", "bench --batch 1000000000", "bench --size 1000000",
		"inspect resnet18 --set train.workers=1025", "inspect resnet18 --set eval.batch_size=1000000000",
		"inspect resnet18 --set eval.map_size=100000", "inspect resnet18 --set data.cache_mb=1000000000000",
	} {
		s, _, messages := memoryIO()
		code := execute(t.Context(), s, strings.Fields(line))
		if text := messages.String(); code != exitUsage || !strings.Contains(text, "is not in ") {
			t.Errorf("%s: exit code %d: %s", line, code, text)
		}
	}
}

// The devices of a list are shared out to ranks once all have begun, which is after a download.
func TestRanksOpenNoDeviceBeforeADownload(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for size, says := range map[int]bool{1: true, 2: false} {
		s, _, _ := memoryIO()
		s.Ranks = &ranks{World: mpi.New(size-1, size, nil), local: size - 1}
		c := train.DefaultConfig()
		c.Device = "missing.so:0,1"
		_, err := fetchToCompute(ctx, s, &hub.Cache{Dir: t.TempDir()}, hub.File{Name: "a"}, c)
		if err == nil || strings.Contains(err.Error(), "missing.so") != says {
			t.Errorf("%d ranks: error %v, about the device: want %t", size, err, says)
		}
	}
}

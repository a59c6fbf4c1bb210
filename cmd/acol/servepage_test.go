package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"acol/internal/data/datatest"

	"github.com/google/go-cmp/cmp"
)

// served is a server of a tiny run, as a user starts it.
type served struct {
	cmd    *exec.Cmd
	dir    string // of the run, and of picture.png
	url    string
	stderr *bufio.Reader
}

// startServe starts acol serve. The last of its output before it serves is its address.
func startServe(t *testing.T, args ...string) *served {
	t.Helper()
	dir := t.TempDir()
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(tinyRun(filepath.Join(dir, "runs", "tiny")))
	raw, err := encodePicture(datatest.Disc(90, 60), true, false)
	check(err)
	check(os.WriteFile(filepath.Join(dir, "picture.png"), raw, 0o666))
	s := &served{dir: dir, cmd: acolIn(dir, append([]string{"serve"}, args...)...)}
	pipe, err := s.cmd.StderrPipe()
	check(err)
	check(s.cmd.Start())
	t.Cleanup(func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
	s.stderr = bufio.NewReader(pipe)
	at := regexp.MustCompile(`serving tiny at (http://\S+) \(Ctrl-C ends it\)`)
	for s.url == "" {
		line, err := s.stderr.ReadString('\n')
		if m := at.FindStringSubmatch(line); m != nil {
			s.url = m[1]
		}
		if err != nil {
			t.Fatalf("it never served: %s", line)
		}
	}
	return s
}

func TestServeSaysOfAnImageWhatLocalizeSays(t *testing.T) {
	s := startServe(t, "--address", "127.0.0.1:0")
	picture, err := os.ReadFile(filepath.Join(s.dir, "picture.png"))
	if err != nil {
		t.Fatal(err)
	}
	for query, flags := range map[string][]string{
		"": nil, "?class=002.Dog&threshold=0.5&rule=all": {"--class", "002.Dog", "--threshold", "0.5", "--rule", "all"},
		"?delta=0.2": {"--set", "model.branches.deltas=0.2"},
	} {
		r, err := http.Post(s.url+"api/localize"+query, "image/png", bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		var got, want map[string]any
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("status %d: %v %v", r.StatusCode, got, err)
		}
		_ = r.Body.Close()
		out, err := acolIn(s.dir, append([]string{"localize", "--json", "picture.png"}, flags...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &want); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"width", "height", "classes", "boxes", "threshold", "threshold_from"} {
			if diff := cmp.Diff(want[key], got[key]); diff != "" || want[key] == nil {
				t.Errorf("%s of %q: -localize +serve\n%s", key, query, diff)
			}
		}
	}
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(s.stderr)
	if err := s.cmd.Wait(); err != nil || len(rest) > 0 {
		t.Errorf("after an interrupt: %v, %s", err, rest)
	}
	left, _ := filepath.Glob(filepath.Join(s.dir, "*"))
	if len(left) != 3 { // runs, picture.png, and localized of acol localize
		t.Errorf("the server left files: %v", left)
	}
}

func TestServeBeyondThisMachineNeedsItsToken(t *testing.T) {
	s := startServe(t, "--address", "0.0.0.0:0", "runs/tiny")
	address, token, ok := strings.Cut(s.url, "?token=")
	if !ok || len(token) < 20 {
		t.Fatalf("the address is %s", s.url)
	}
	for url, want := range map[string]int{
		address: http.StatusUnauthorized, s.url: http.StatusOK, address + "healthz": http.StatusOK,
	} {
		c := http.Client{Timeout: 10 * time.Second}
		r, err := c.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("%s: status %d, want %d", url, r.StatusCode, want)
		}
	}
}

func TestServeSaysWhyItCannotServe(t *testing.T) {
	s := startServe(t, "--address", "127.0.0.1:0")
	taken := strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/")
	for want, args := range map[string][]string{
		"another program listens there: choose a port with --address 127.0.0.1:0": {"--address", taken},
		"--address: 7749 is not HOST:PORT":                                        {"--address", "7749"},
		"--address: :77490 is not HOST:PORT":                                      {"--address", ":77490"},
		"the run is named twice":                                                  {"a", "--run", "b"},
		"runs/none is not the folder of a run":                                    {"runs/none"},
	} {
		out, err := acolIn(s.dir, append([]string{"serve"}, args...)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: %v, %s, want %s", args, err, out, want)
		}
	}
}

// Package sitting tests scripts/device-sitting with programs that stand for acol and Python, as if
// on a machine that lacks one thing or another.
package sitting

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fakeAcol writes its arguments to $CALLS. It knows a plugin for CUDA where $PLUGIN says so, and
// its device fails where $BROKEN says why.
const fakeAcol = `#!/bin/sh
echo "$@" >>"$CALLS"
case "$1 $2" in
"device list") echo "devices  memory  platform"; [ -z "$PLUGIN" ] || echo "1 x GPU  80 GiB  cuda  0.116" ;;
"device check") [ -z "$BROKEN" ] || { echo "acol: error: $BROKEN" >&2; exit "$CODE"; }; echo "equal but for rounding" ;;
bench*) [ -z "$HANGS" ] || exec sleep 100
	echo '{"train_img_s":1000.26,"infer_img_s":3000,"peak_bytes":1}' ;;
train*) echo "acol: done" >&2; while [ "$1" != --out ]; do shift; done; mkdir -p "$2"; echo '{}' >"$2/eval-test.json" ;;
eval*) echo "MaxBoxAcc  50.00" ;;
*) echo "acol 1.0" ;;
esac
`

// fakePython has PyTorch where $TORCH says so, and its packages in $SITE.
const fakePython = `#!/bin/sh
case "$2 $*" in
*sysconfig*) echo "$SITE" ;;
*"import torch"*) [ -n "$TORCH" ] || { echo "No module named 'torch'" >&2; exit 1; }; echo "torch 2.0 CUDA True" ;;
*--compile*) echo '{"img_s": 800.0}' ;;
*channels_last*) echo '{"img_s": 500.0}' ;;
*) echo "no such way" >&2; exit 1 ;;
esac
`

// machine is one where the script runs.
type machine struct {
	t    *testing.T
	dir  string
	vars []string
}

func newMachine(t *testing.T, vars ...string) *machine {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("scripts run by bash")
	}
	for _, tool := range []string{"bash", "timeout", "awk", "tar"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	m := &machine{t, t.TempDir(), vars}
	m.write("acol", fakeAcol)
	m.write("python", fakePython)
	return m
}

func (m *machine) write(name, text string) {
	m.t.Helper()
	path := m.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) path(name string) string { return filepath.Join(m.dir, filepath.FromSlash(name)) }

func (m *machine) read(name string) string {
	m.t.Helper()
	b, err := os.ReadFile(m.path(name))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(b)
}

func (m *machine) command(script string, args ...string) *exec.Cmd {
	c := exec.Command(script, args...)
	c.Env = append(os.Environ(), "CALLS="+m.path("calls"), "SITE="+m.path("site"), "CUDA_HOME=")
	c.Env = append(c.Env, m.vars...)
	return c
}

// flags are of a sitting of one format and one number of images.
func (m *machine) flags() []string {
	return []string{"--acol", m.path("acol"), "--python", m.path("python"), "--out", m.path("out"),
		"--precisions", "bf16", "--batches", "64", "--data", m.dir}
}

// run runs a script and gives its exit code.
func (m *machine) run(script string, args ...string) int {
	m.t.Helper()
	c := m.command(script, args...)
	out, err := c.CombinedOutput()
	m.t.Logf("%s", out)
	if err != nil && c.ProcessState == nil {
		m.t.Fatal(err)
	}
	return c.ProcessState.ExitCode()
}

// sit runs a sitting with further flags, whose results are results.md.
func (m *machine) sit(args ...string) (code int, results string) {
	m.t.Helper()
	code = m.run("../device-sitting", append(m.flags(), args...)...)
	return code, m.read("out/results.md")
}

// holds checks that a text has all of some parts.
func holds(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("there is no %q in\n%s", p, text)
		}
	}
}

func TestASittingIsATable(t *testing.T) {
	code, results := newMachine(t, "PLUGIN=1", "TORCH=1").sit()
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	holds(t, results, "- PyTorch: torch 2.0", "    equal but for rounding",
		"| bf16 | 64 | train | 1000.3 | 800.0 | 500.0 |  | 1.25 |",
		"| bf16 | 64 | infer | 3000.0 | 800.0 | 500.0 |  | 3.75 |",
		"A training to the end, in bf16", "    MaxBoxAcc  50.00", "Every kind of computation:",
		"- PyTorch eager, bf16, batches of 64, train: exit code 1 after 0 s: `no such way`")
}

func TestWithoutPyTorchAcolIsMeasuredAlone(t *testing.T) {
	code, results := newMachine(t, "PLUGIN=1").sit()
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	holds(t, results, "| bf16 | 64 | train | 1000.3 |  |  |  |  |",
		"`No module named 'torch'`", "- PyTorch: it is not there, or sees no GPU")
}

func TestWithoutAPluginTheResultsSayWhatIsWanted(t *testing.T) {
	m := newMachine(t, "TORCH=1")
	code, results := m.sit()
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	holds(t, results, "- acol: there is no plugin", "jax-cuda13-pjrt",
		"| bf16 | 64 | train |  | 800.0 | 500.0 |")
	if calls := m.read("calls"); strings.Contains(calls, "bench") {
		t.Errorf("calls\n%s", calls)
	}
}

func TestThePluginOfAnInstalledJAXIsTaken(t *testing.T) {
	m := newMachine(t)
	const plugin = "site/jax_plugins/xla_cuda13/xla_cuda_plugin.so"
	m.write(plugin, "")
	if code, _ := m.sit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	calls := m.read("calls")
	holds(t, calls, "device check "+m.path(plugin), "--batch 64 --steps 20 --warmup 3 --device "+
		m.path(plugin)+" --precision bf16", "eval --run")
}

func TestADeviceThatCannotBeUsedIsSaidOnce(t *testing.T) {
	m := newMachine(t, "PLUGIN=1", "TORCH=1", "CODE=1", "BROKEN=NVIDIA's driver is 470.1")
	code, results := m.sit()
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	holds(t, results, "`acol: error: NVIDIA's driver is 470.1`", "| 800.0 |")
	if calls := m.read("calls"); strings.Contains(calls, "bench") {
		t.Errorf("calls\n%s", calls)
	}
}

func TestADeviceThatDiffersIsMeasured(t *testing.T) {
	code, results := newMachine(t, "PLUGIN=1", "CODE=4", "BROKEN=Conv differs").sit()
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	holds(t, results, "exit code 4 after", "`acol: error: Conv differs`", "| 1000.3 |")
}

func TestNothingBeginsWithoutTime(t *testing.T) {
	m := newMachine(t, "PLUGIN=1", "TORCH=1")
	if code, results := m.sit("--seconds", "5"); code != 1 ||
		!strings.Contains(results, "- acol: there was no time for it") {
		t.Errorf("exit code %d, results\n%s", code, results)
	}
}

func TestAnInterruptedSittingEndsAtOnce(t *testing.T) {
	m := newMachine(t, "PLUGIN=1", "HANGS=1")
	c := m.command("../device-sitting", m.flags()...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if b, _ := os.ReadFile(m.path("calls")); strings.Contains(string(b), "bench") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	begin := time.Now()
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if code, took := c.ProcessState.ExitCode(), time.Since(begin); code != 130 || took > 5*time.Second {
		t.Errorf("exit code %d after %v", code, took)
	}
	holds(t, m.read("out/results.md"), "    equal but for rounding")
}

func TestAPackHasAllThatASittingTakes(t *testing.T) {
	m := newMachine(t, "PLUGIN=1")
	m.write("cub/images/a.jpg", "no JPEG")
	m.write("weights.safetensors", "w")
	code := m.run("../device-sitting", "pack", m.path("p.tar.gz"), "--acol", m.path("acol"),
		"--data", m.path("cub"), "--weights", m.path("weights.safetensors"), "--python", "false")
	if code != 0 {
		t.Fatalf("exit code %d", code)
	}
	if out, err := exec.Command("tar", "-xzf", m.path("p.tar.gz"), "-C", m.dir).
		CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"versus/torch_acol.py", "versus/backbones.py"} {
		m.read("device-sitting/" + name)
	}
	code = m.run(m.path("device-sitting/run"), "--python", "none", "--out", m.path("out"),
		"--precisions", "fp32", "--batches", "8")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	holds(t, m.read("calls"), "data.root="+m.path("device-sitting/CUB_200_2011"),
		"weights="+m.path("device-sitting/weights/weights.safetensors"), "--precision fp32")
}

package machine

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// lay writes the files of a machine and gives it.
func lay(t *testing.T, files map[string]string) system {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		at := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return system{root: root}
}

const (
	meminfo = "MemTotal:       1000 kB\nMemFree: 10 kB\nMemAvailable:    800 kB\n" +
		"SwapTotal: 200 kB\nSwapFree: 100 kB\nCommitLimit: 700 kB\nCommitted_AS: 650 kB\n"
	status = "Name:\tacol\nVmSize:\t     300 kB\nVmData:\t 120 kB\n"
	limits = "Limit                     Soft Limit           Hard Limit           Units     \n" +
		"Max data size             unlimited            unlimited            bytes     \n" +
		"Max processes             96365                96365                processes \n" +
		"Max address space         unlimited            unlimited            bytes     \n"
	limited = "Limit                     Soft Limit           Hard Limit           Units     \n" +
		"Max data size             204800               unlimited            bytes     \n" +
		"Max address space         409600               unlimited            bytes     \n"
	mountV2 = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	mountV1 = "35 31 0:32 /docker/a /sys/fs/cgroup/memory rw shared:3 - cgroup cgroup rw,memory\n" +
		"32 31 0:29 /docker/a /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
)

func TestMemoryIsWhatTheTightestBoundLeaves(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  Limit
	}{
		{"the machine and its swap", map[string]string{
			"proc/meminfo": meminfo, "proc/self/limits": limits, "proc/self/status": status,
		}, Limit{Free: 900 << 10, Total: 1200 << 10, By: "the machine's memory", Known: true}},
		{"addresses", map[string]string{
			"proc/meminfo": meminfo, "proc/self/limits": limited, "proc/self/status": status,
		}, Limit{Free: 80 << 10, Total: 200 << 10, By: "ulimit -d", Virtual: true, Known: true}},
		{"no overcommitting", map[string]string{
			"proc/meminfo": meminfo, "proc/sys/vm/overcommit_memory": "2\n",
		}, Limit{
			Free: 50 << 10, Total: 700 << 10, By: "the kernel's commit limit", Virtual: true, Known: true,
		}},
		{"a group of version 2 above that of the process", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n", "proc/self/mountinfo": mountV2,
			"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "409600\n",
			"sys/fs/cgroup/a/memory.current":      "307200\n",
			"sys/fs/cgroup/a/memory.stat":         "anon 200000\nactive_file 1024\ninactive_file 2048\n",
			"sys/fs/cgroup/a/memory.swap.max":     "8192\n",
			"sys/fs/cgroup/a/memory.swap.current": "4096\n",
		}, Limit{
			Free: 102400 + 3072 + 4096, Total: 409600, Known: true,
			By: "the memory limit of the control group /sys/fs/cgroup/a",
		}},
		{"a group of version 1 in a container", map[string]string{
			"proc/meminfo": meminfo, "proc/self/mountinfo": mountV1,
			"proc/self/cgroup": "4:memory:/docker/a\n" +
				"1:cpu,cpuacct:/docker/a\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "409600\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "307200\n",
			"sys/fs/cgroup/memory/memory.stat": "inactive_file 9\n" +
				"total_inactive_file 2048\n",
			"sys/fs/cgroup/memory/memory.memsw.limit_in_bytes":  "409600\n",
			"sys/fs/cgroup/memory/memory.memsw.usage_in_bytes":  "307200\n",
			"sys/fs/cgroup/memory/another/memory.max":           "1\n",
			"sys/fs/cgroup/cpu,cpuacct/memory.limit_in_bytes":   "1\n",
			"sys/fs/cgroup/memory/memory.kmem.limit_in_bytes":   "1\n",
			"sys/fs/cgroup/memory/docker/memory.limit_in_bytes": "1\n",
		}, Limit{
			Free: 102400 + 2048, Total: 409600, Known: true,
			By: "the memory limit of the control group /sys/fs/cgroup/memory",
		}},
		{"version 1 without a limit", map[string]string{
			"proc/meminfo": meminfo, "proc/self/mountinfo": mountV1,
			"proc/self/cgroup":                           "4:memory:/docker/a\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, Limit{Free: 900 << 10, Total: 1200 << 10, By: "the machine's memory", Known: true}},
		{"more taken than allowed", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n", "proc/self/mountinfo": mountV2,
			"sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.current": "2000\n",
			"sys/fs/cgroup/memory.swap.max": "0\n",
		}, Limit{Total: 1000, By: "the memory limit of the control group /sys/fs/cgroup", Known: true}},
		{"a system that says nothing", nil, Limit{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := tightest(lay(t, c.files).limits()); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestAControlGroupsQuotaBoundsTheProcessors(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int
	}{
		{"none", nil, 8},
		{"version 2", map[string]string{
			"proc/self/cgroup": "0::/a\n", "proc/self/mountinfo": mountV2,
			"sys/fs/cgroup/a/cpu.max": "150000 100000\n",
		}, 2},
		{"version 2 above", map[string]string{
			"proc/self/cgroup": "0::/a\n", "proc/self/mountinfo": mountV2,
			"sys/fs/cgroup/a/cpu.max": "max 100000\n", "sys/fs/cgroup/cpu.max": "50000 100000\n",
		}, 1},
		{"version 1", map[string]string{
			"proc/self/cgroup": "1:cpu,cpuacct:/docker/a/b\n", "proc/self/mountinfo": mountV1,
			"sys/fs/cgroup/cpu,cpuacct/b/cpu.cfs_quota_us":  "300000\n",
			"sys/fs/cgroup/cpu,cpuacct/b/cpu.cfs_period_us": "100000\n",
		}, 3},
		{"version 1 without a quota", map[string]string{
			"proc/self/cgroup": "1:cpu,cpuacct:/docker/a\n", "proc/self/mountinfo": mountV1,
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":  "-1\n",
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
		}, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := lay(t, c.files).cpus(8); got != c.want {
				t.Errorf("%d processors, want %d", got, c.want)
			}
		})
	}
}

func TestThisMachineHasMemoryAndProcessors(t *testing.T) {
	if n := CPUs(); n < 1 || n > runtime.NumCPU() {
		t.Errorf("%d processors of %d", n, runtime.NumCPU())
	}
	m := Memory()
	if runtime.GOOS == "linux" && (!m.Known || m.Free < 1<<20 || m.Free > m.Total || m.By == "") {
		t.Errorf("memory is %+v", m)
	}
	if runtime.GOOS != "linux" && m != (Limit{}) {
		t.Errorf("memory is %+v, want it unknown", m)
	}
}

func TestSetsOfProcessorsAreListed(t *testing.T) {
	for set, want := range map[string][]int{
		"0": {0}, "0-3,8": {0, 1, 2, 3, 8}, "": nil, "3-1": nil, "0-99999999999": nil, "a": nil, "-1": nil,
	} {
		if got := ListCPUs(set); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", set, got, want)
		}
	}
	s := lay(t, map[string]string{
		"/sys/devices/system/cpu/online": "0-15\n", "/proc/self/status": "Name:\tacol\nCpus_allowed_list:\t2-3\n",
	})
	if s.all() != 16 || s.cpuSet() != "2-3" {
		t.Errorf("%d processors, bound to %q, want 16 and 2-3", s.all(), s.cpuSet())
	}
}

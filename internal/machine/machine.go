// Package machine says how much of the machine this process may use: its memory, its processors.
// It reads what Linux tells of them below /proc and /sys. On other systems the memory is unknown.
package machine

import (
	"math"
	"runtime"
	"strconv"
	"strings"
)

// Limit is a bound on the memory of this process.
type Limit struct {
	// Free is the number of bytes that the process may still take; 0 where Known is false.
	Free int64
	// Total is the number of bytes that the bound allows, including what is taken already, by
	// whomever the bound counts.
	Total int64
	// By says what sets the bound, in words that fit after "as": "the machine's memory", "the
	// memory limit of the control group /sys/fs/cgroup/a", "ulimit -v".
	By string
	// Virtual says that the bound counts addresses, whether they are touched or not. A program
	// takes more of those than of memory.
	Virtual bool
	// Known is false on systems whose memory this package cannot read.
	Known bool
}

// Memory is the tightest bound on the memory of this process that can be read: the machine's memory
// with its swap space, the limits of its control groups (version 1 and 2), ulimit -v and ulimit -d,
// and the kernel's commit limit where overcommitting is off. Known is false where there is none.
func Memory() Limit { return tightest(here.limits()) }

// MemoryBeside is Memory beside so many bytes of addresses that are taken without being touched.
// They count where a bound counts addresses.
func MemoryBeside(addresses int64) Limit { return tightest(beside(here.limits(), addresses)) }

func beside(ls []Limit, addresses int64) []Limit {
	for i := range ls {
		if ls[i].Virtual {
			ls[i].Free = max(0, ls[i].Free-addresses)
		}
	}
	return ls
}

// Resident is the memory that this process has touched, in bytes; 0 where that is not known.
func Resident() int64 { return here.fields("/proc/self/status")["VmRSS"] }

// CPUs is the number of processors that this process may keep busy: those that it may run on,
// bounded by the quotas of its control groups, rounded up. It is at least 1.
func CPUs() int { return here.cpus(runtime.NumCPU()) }

// CPUSet names the processors that this process may run on, in a form of the system's. It is empty
// where the system does not say.
func CPUSet() string { return here.cpuSet() }

func (s system) cpuSet() string {
	for line := range strings.Lines(s.read("/proc/self/status")) {
		if set, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok {
			return strings.TrimSpace(set)
		}
	}
	return ""
}

// All is the number of processors of the machine, whoever may use them; 0 where the system does not
// say.
func All() int { return here.all() }

func (s system) all() int {
	return len(ListCPUs(strings.TrimSpace(s.read("/sys/devices/system/cpu/online"))))
}

// ListCPUs lists the processors of a set such as 0-3,8, the form of CPUSet. A set that is not of
// that form is empty.
func ListCPUs(set string) []int {
	const most = 1 << 16
	var out []int
	for part := range strings.SplitSeq(set, ",") {
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		from, err := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err != nil || err2 != nil || from < 0 || to < from || to-from >= most {
			return nil
		}
		for n := from; n <= to; n++ {
			out = append(out, n)
		}
	}
	return out
}

func tightest(ls []Limit) Limit {
	var best Limit
	for _, l := range ls {
		if !best.Known || l.Free < best.Free {
			best = l
		}
	}
	return best
}

// system is a machine as its files show it. Root stands before every path, so that tests can lay
// out a machine of their own.
type system struct {
	root    string
	sharers int // processes that share the memory alike; 0 is one
}

// ShareMemory says that so many processes on this machine are about to take memory alike. Each is
// then told its part of what is free.
func ShareMemory(processes int) { here.sharers = processes }

var here = system{}

func (s system) limits() []Limit {
	var out []Limit
	mem := s.fields("/proc/meminfo")
	swap := mem["SwapFree"]
	if free, ok := mem["MemAvailable"]; ok {
		out = append(out, known(Limit{
			Free: free + swap, Total: mem["MemTotal"] + mem["SwapTotal"], By: "the machine's memory",
		}))
	}
	if s.number("/proc/sys/vm/overcommit_memory", 0) == 2 {
		out = append(out, known(Limit{
			Free: mem["CommitLimit"] - mem["Committed_AS"], Total: mem["CommitLimit"],
			By: "the kernel's commit limit", Virtual: true,
		}))
	}
	for _, g := range s.groups("memory") {
		if l, ok := s.groupMemory(g, swap); ok {
			out = append(out, l)
		}
	}
	for i := range out {
		out[i].Free /= int64(max(1, s.sharers))
	}
	status, rlimits := s.fields("/proc/self/status"), s.rlimits()
	for _, r := range [...]struct{ name, used, by string }{
		{"Max address space", "VmSize", "ulimit -v"},
		{"Max data size", "VmData", "ulimit -d"},
	} {
		if most, ok := rlimits[r.name]; ok {
			out = append(out, known(Limit{
				Free: most - status[r.used], Total: most, By: r.by, Virtual: true,
			}))
		}
	}
	return out
}

// known makes a bound of numbers that were read.
func known(l Limit) Limit {
	l.Free, l.Known = max(0, l.Free), true
	return l
}

// groupMemory is the bound of one control group, and false where it has none. Pages that merely
// cache files count as free, since the kernel takes them back first.
func (s system) groupMemory(g group, swap int64) (Limit, bool) {
	limit, usage, cached := "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"
	if g.unified {
		limit, usage, cached = "memory.max", "memory.current", ""
	}
	most := s.number(g.dir+"/"+limit, unlimited)
	if most >= unlimited {
		return Limit{}, false
	}
	stat := s.fields(g.dir + "/memory.stat")
	cache := stat[cached+"inactive_file"] + stat[cached+"active_file"]
	free := most - s.number(g.dir+"/"+usage, 0) + cache
	if g.unified {
		swapMost := s.number(g.dir+"/memory.swap.max", unlimited)
		free += max(0, min(swap, swapMost-s.number(g.dir+"/memory.swap.current", 0)))
	} else {
		both := s.number(g.dir+"/memory.memsw.limit_in_bytes", unlimited)
		bothFree := both - s.number(g.dir+"/memory.memsw.usage_in_bytes", 0) + cache
		free = min(free+swap, bothFree)
	}
	return known(Limit{
		Free: free, Total: most, By: "the memory limit of the control group " + g.dir,
	}), true
}

// unlimited is the least number that stands for no limit: version 1 of the control groups writes
// the largest number of whole pages.
const unlimited = math.MaxInt64 &^ (1<<20 - 1)

// cpus bounds n by the quotas of the control groups.
func (s system) cpus(n int) int {
	for _, g := range s.groups("cpu") {
		quota, period := s.quota(g)
		if quota > 0 && period > 0 {
			n = min(n, int((quota+period-1)/period))
		}
	}
	return max(1, n)
}

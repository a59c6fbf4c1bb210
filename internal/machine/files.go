package machine

import (
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// read gives the text of a file of the system, empty where it cannot be read: such a file sets no
// bound.
func (s system) read(name string) string {
	text, err := os.ReadFile(filepath.Join(s.root, filepath.FromSlash(name)))
	if err != nil {
		return ""
	}
	return string(text)
}

// number reads a file that holds one number. It gives other where there is no such file, and no
// limit for the word max.
func (s system) number(name string, other int64) int64 {
	word := strings.TrimSpace(s.read(name))
	if n, ok := parse(word); ok {
		return n
	}
	return other
}

// parse reads a decimal number, or a word that stands for no limit.
func parse(word string) (int64, bool) {
	if word == "max" || word == "unlimited" {
		return math.MaxInt64, true
	}
	n, err := strconv.ParseUint(word, 10, 64)
	if err != nil {
		return 0, false
	}
	return int64(min(n, math.MaxInt64)), true
}

// fields reads a file of lines such as "MemTotal: 24684084 kB" or "active_file 4096", in bytes.
func (s system) fields(name string) map[string]int64 {
	out := map[string]int64{}
	for line := range strings.Lines(s.read(name)) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		n, ok := parse(words[1])
		if !ok {
			continue
		}
		if len(words) == 3 && words[2] == "kB" {
			n *= 1024
		}
		out[strings.TrimSuffix(words[0], ":")] = n
	}
	return out
}

// rlimits reads the soft limits of this process by the names that the kernel gives them, without
// those that are unlimited.
func (s system) rlimits() map[string]int64 {
	out := map[string]int64{}
	for line := range strings.Lines(s.read("/proc/self/limits")) {
		const column = 26 // of the soft limit
		if len(line) <= column || !strings.HasPrefix(line, "Max ") {
			continue
		}
		words := strings.Fields(line[column:])
		if len(words) == 0 || words[0] == "unlimited" {
			continue
		}
		if n, ok := parse(words[0]); ok {
			out[strings.TrimSpace(line[:column])] = n
		}
	}
	return out
}

// group is a control group that this process is in.
type group struct {
	dir     string // its folder, below /sys
	unified bool   // of version 2
}

// groups lists the control groups that bound the use of a resource, from that of the process up to
// the topmost that can be seen.
func (s system) groups(controller string) []group {
	var out []group
	mounts := s.read("/proc/self/mountinfo")
	for line := range strings.Lines(s.read("/proc/self/cgroup")) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		unified := parts[0] == "0" && parts[1] == ""
		if !unified && !has(parts[1], controller) {
			continue
		}
		dir, top := mounted(mounts, parts[2], controller, unified)
		for dir != "" {
			out = append(out, group{dir, unified})
			if dir == top || dir == "/" {
				break
			}
			dir = path.Dir(dir)
		}
	}
	return out
}

// mounted gives the folder of a control group and that of the topmost one above it that can be
// seen; both empty where the groups are not mounted. The line of a mount is explained in
// proc_pid_mountinfo(5).
func mounted(mounts, name, controller string, unified bool) (dir, top string) {
	for line := range strings.Lines(mounts) {
		words := strings.Fields(line)
		dash := -1
		for i, w := range words {
			if w == "-" {
				dash = i
			}
		}
		if dash < 5 || len(words) < dash+4 {
			continue
		}
		kind, options := words[dash+1], words[dash+3]
		if unified && kind != "cgroup2" || !unified && (kind != "cgroup" || !has(options, controller)) {
			continue
		}
		root, at := words[3], words[4]
		rest, below := strings.CutPrefix(name, strings.TrimSuffix(root, "/"))
		if !below || strings.Contains(rest, "..") {
			return at, at // a group outside of what this process may see: its visible top counts
		}
		return path.Join(at, rest), at
	}
	return "", ""
}

func has(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}

// quota gives the microseconds of processor time that a group has in a period; 0 for no quota.
func (s system) quota(g group) (quota, period int64) {
	if !g.unified {
		return s.number(g.dir+"/cpu.cfs_quota_us", 0), s.number(g.dir+"/cpu.cfs_period_us", 0)
	}
	words := strings.Fields(s.read(g.dir + "/cpu.max"))
	if len(words) != 2 || words[0] == "max" {
		return 0, 0
	}
	quota, _ = parse(words[0])
	period, _ = parse(words[1])
	return quota, period
}

package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// manyThreads is a limit on threads that nobody reaches who does not mean to.
const manyThreads = 4096

// EnoughThreads is an error where this process may not start n more threads: where a thread cannot
// be started, Go's runtime ends the program.
func EnoughThreads(n int) error {
	var r unix.Rlimit
	user := os.Geteuid()
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &r); err != nil || user == 0 || r.Cur > manyThreads {
		return nil // the superuser may start any number
	}
	return here.enoughThreads(n, int(r.Cur), user)
}

func (s system) enoughThreads(n, most, user int) error {
	used := s.threadsOf(user)
	if used+n <= most {
		return nil
	}
	return fmt.Errorf("%d threads of user %d are allowed (ulimit -u), %d are there, "+
		"and %d more are needed", most, user, used, n)
}

// threadsOf counts the threads of a user.
func (s system) threadsOf(user int) int {
	n := 0
	all, _ := filepath.Glob(filepath.Join(s.root, "/proc/[0-9]*"))
	for _, dir := range all {
		name := strings.TrimPrefix(dir, s.root) + "/status"
		f := s.fields(name)
		if id, ok := f["Uid"]; ok && strconv.Itoa(user) == strconv.FormatInt(id, 10) {
			n += int(f["Threads"])
		}
	}
	return n
}

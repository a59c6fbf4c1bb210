package bench

import (
	"bytes"
	"os"
	"strconv"
)

// PeakMemory is the largest amount of memory that the process has had in use, in bytes, or 0 where
// the system does not tell. It is the kernel's VmHWM. The value of getrusage would not do, because
// it includes what the parent process had in use before it started this one.
func PeakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("\nVmHWM:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

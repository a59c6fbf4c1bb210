package bench

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Machine is the name of the processor and how many CPUs this process may use, such as
// "AMD EPYC 9R14, 2 CPUs".
func Machine() string {
	unit := "CPUs"
	if runtime.NumCPU() == 1 {
		unit = "CPU"
	}
	return fmt.Sprintf("%s, %d %s", processor(), runtime.NumCPU(), unit)
}

// processor is the model of the processor where /proc/cpuinfo has it, and the architecture
// elsewhere.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if strings.TrimSpace(key) == "model name" {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return runtime.GOARCH
}

package machine

import "testing"

func TestAddressesAreHeldAgainstWhatCountsThem(t *testing.T) {
	const MiB = 1 << 20
	files := map[string]string{
		"proc/meminfo": "MemTotal: 2048 kB\nMemAvailable: 1024 kB\n", // which counts pages
		"proc/self/limits": "Limit                     Soft Limit           Hard Limit  \n" +
			"Max data size             209715200            unlimited   \n" +
			"Max address space         1048576000           unlimited   \n",
		"proc/self/status": "VmSize:\t 819200 kB\nVmData:\t 102400 kB\n",
	}
	s := lay(t, files)
	if err := s.enoughAddresses(100 * MiB); err != nil {
		t.Error(err)
	}
	const want = "not enough addresses: ulimit -d leaves 100 MiB of 200 MiB, and 101 MiB are needed"
	if err := s.enoughAddresses(101 * MiB); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

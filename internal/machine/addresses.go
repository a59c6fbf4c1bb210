package machine

import "fmt"

// EnoughAddresses is an error where a limit that counts addresses, such as ulimit -v, leaves less
// than n bytes. Go's runtime and the C++ libraries end the program where they get none.
func EnoughAddresses(n int64) error { return here.enoughAddresses(n) }

func (s system) enoughAddresses(n int64) error {
	for _, l := range s.limits() {
		if l.Virtual && l.Free < n {
			return fmt.Errorf("not enough addresses: %s leaves %s of %s, and %s are needed",
				l.By, Size(l.Free), Size(l.Total), Size(n))
		}
	}
	return nil
}

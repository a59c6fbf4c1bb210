//go:build mpi

package mpi

import (
	"fmt"
	"strconv"
	"strings"
)

// perMachine is the variable by which a trial of the exchange between machines counts so many
// ranks, in their order, as those of a machine, although one machine has them all.
const perMachine = "ACOL_RANKS_PER_MACHINE"

// pretended returns the ranks of a machine by perMachine; 0 is those that it has.
func pretended(env []string) (int, error) {
	for _, e := range env {
		if value, ok := strings.CutPrefix(e, perMachine+"="); ok && value != "" {
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				return 0, fmt.Errorf("the environment variable %s is %q, want a number from 1",
					perMachine, value)
			}
			return n, nil
		}
	}
	return 0, nil
}

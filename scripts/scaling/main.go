// Scaling is a model of how long a step of a training by several processes takes, and an epoch of
// it: the measured computation of one process beside what its sums take on assumed networks. It
// prints the table of docs/cluster.md. Nothing of it is measured on several machines.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"acol/scripts/script"
)

func main() { script.Main("scaling", run) }

// task is what is trained, with what was measured of one process on one machine.
type task struct {
	images  float64 // of an epoch
	part    float64 // images of a step on each machine
	rate    float64 // images a second that a machine trains
	bytes   float64 // of all gradients and of the statistics of batch norm
	perHost int     // ranks on a machine
}

// network is what joins machines, and the ranks of one.
type network struct {
	gbit    float64 // a second, in each direction
	share   float64 // of it that a sum reaches
	latency float64 // seconds of a message
	memory  float64 // bytes a second that a rank passes to the others of its machine
}

// chunk is how many bytes mpi.World.Sum has on their way at once.
const chunk = 4 << 22

// exchange is how long a sum over ranks takes, in seconds (mpi.World.Sum). The ranks of a machine
// add up among themselves, in its memory. Then the machines send their parts to their owners, and
// the owners send their sums: (n-1)/n of the bytes each, in n-1 messages a chunk. At last each rank
// passes its part of the sum to the others of its machine.
func (n network) exchange(t task, hosts int) float64 {
	return 2 * (t.others(t.perHost)/n.memory + t.others(hosts)/(n.gbit*1e9/8*n.share) +
		float64(hosts-1)*math.Ceil(t.bytes/chunk)*n.latency)
}

// others is how many of the bytes belong to the others of so many.
func (t task) others(of int) float64 { return t.bytes * float64(of-1) / float64(of) }

func run(_ context.Context, args []string, out io.Writer) error {
	var t task
	var n network
	f := flag.NewFlagSet("scaling", flag.ContinueOnError)
	f.Float64Var(&t.images, "images", 1e6, "`images` of an epoch")
	f.Float64Var(&t.part, "part", 64, "`images` of a step on each machine")
	f.Float64Var(&t.rate, "rate", 100, "`images` a second that one machine trains, as acol bench has it")
	f.Float64Var(&t.bytes, "bytes", 97.3e6, "`bytes` of all gradients: those that acol bench says "+
		"each of 2 processes sends")
	f.IntVar(&t.perHost, "ranks", 1, "`ranks` on each machine")
	f.Float64Var(&n.share, "share", 0.7, "`share` of a network's rate that a sum reaches")
	f.Float64Var(&n.latency, "latency", 30e-6, "`seconds` of a message")
	f.Float64Var(&n.memory, "memory", 1.7e9, "`bytes` a second that a rank passes to the others of "+
		"its machine")
	networks := f.String("networks", "10,25,100,200", "`Gbit/s` of networks, with commas")
	machines := f.String("machines", "1,2,4,8,16,32,64", "`numbers` of machines, with commas")
	if err := f.Parse(args); err != nil {
		return err
	}
	gbits, err := numbers(*networks)
	if err != nil {
		return fmt.Errorf("--networks: %w", err)
	}
	hosts, err := numbers(*machines)
	if err != nil {
		return fmt.Errorf("--machines: %w", err)
	}
	return t.print(out, n, gbits, hosts)
}

// numbers reads numbers between commas, each above 0.
func numbers(list string) ([]float64, error) {
	var out []float64
	for part := range strings.SplitSeq(list, ",") {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil || !(v > 0) {
			return nil, fmt.Errorf("%q is no number above 0", part)
		}
		out = append(out, v)
	}
	return out, nil
}

// print prints minutes of an epoch, and behind them what share of the step is exchange, by machines
// and networks.
func (t task) print(out io.Writer, n network, gbits, hosts []float64) error {
	head, line := "| machines | batch |", "|---:|---:|"
	for _, g := range gbits {
		head += fmt.Sprintf(" %g Gbit/s |", g)
		line += "---:|"
	}
	if _, err := fmt.Fprintf(out, "%s\n%s\n", head, line); err != nil {
		return err
	}
	for _, h := range hosts {
		row := fmt.Sprintf("| %g | %g |", h, h*t.part)
		for _, n.gbit = range gbits {
			compute, exchange := t.part/t.rate, n.exchange(t, int(h))
			step := compute + exchange
			row += fmt.Sprintf(" %.1f min (%.0f %%) |", t.images/(h*t.part)*step/60, 100*exchange/step)
		}
		if _, err := fmt.Fprintln(out, row); err != nil {
			return err
		}
	}
	return nil
}

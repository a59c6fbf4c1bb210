package main

import (
	"fmt"
	"os"
	"strings"

	"acol/internal/kernel/device"
	"acol/internal/train"
)

// device names the devices that this rank computes on, where the recipe names those of a machine:
// each of its ranks has its own.
func (r *ranks) device(name string) (string, error) {
	n, err := device.Parse(name)
	if err != nil || r.world().Size() == 1 {
		return name, nil // an error is told by what opens it
	}
	k, of := max(r.local, 0), max(r.here, 1)
	switch list := visibleGPUs(os.Getenv); {
	case list != "" && !strings.Contains(list, ","):
		k, of = 0, n.Count() // the launcher gave each rank one
	case r.dealt:
		k, of = 0, 1
	}
	n, err = n.For(k, of)
	return n.String(), err
}

// devices says on which devices the ranks compute, each of them on so many.
func (r *ranks) devices(each int) string {
	switch n := r.world().Size(); {
	case n > 1 && each > 1:
		return fmt.Sprintf("%d devices, %d a process:", n*each, each)
	case n > 1:
		return fmt.Sprintf("%d devices, one a process:", n)
	case each > 1:
		return "the devices"
	}
	return "the device"
}

// checkBatch is an error where the batches of a training cannot be shared out to processes, or to
// the devices that the recipe names for this one alone.
func (r *ranks) checkBatch(c train.Config) error {
	devices := 1
	if n, err := device.Parse(string(c.Device)); err == nil && r.world().Size() == 1 {
		devices = n.Count()
	}
	if _, err := c.PartOf(r.world(), devices); err != nil {
		return usageError{err}
	}
	return nil
}

// visibleGPUs is the list of the GPUs that this process sees, where a launcher or a user shows it
// some alone, as Slurm does with --gpus-per-task. It is empty where it sees all.
func visibleGPUs(env func(string) string) string {
	for _, name := range []string{
		"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
	} {
		if list := env(name); list != "" {
			return list
		}
	}
	return ""
}

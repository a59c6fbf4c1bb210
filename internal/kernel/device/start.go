package device

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"acol/internal/pjrt"
)

// Options of plugins by name, as pjrt.Options has them.
const (
	// visibleDevices are the GPUs of a client by number: it takes memory of no others.
	visibleDevices = "visible_devices"
	// preallocate says whether a client takes most of a GPU's memory when it starts.
	preallocate = "preallocate"
	// cpuDevices is how many devices a client makes of a processor.
	cpuDevices = "cpu_device_count"
)

// start starts a client that has the devices of a name and no others.
func (n Name) start() (*pjrt.Client, error) {
	path, err := n.locate()
	if err != nil {
		return nil, err
	}
	ordinals := n.Ordinals
	if len(ordinals) == 0 {
		ordinals = []int{0}
	}
	plugin, err := Load(path)
	if err != nil {
		return nil, err
	}
	like, o := guess(path), pjrt.Options{}
	switch {
	case like.gpu:
		o[visibleDevices] = int64s(ordinals)
		if err := setMemory(o); err != nil {
			return nil, err
		}
	case like.word == xlaCPU && len(n.Ordinals) > 0:
		o[cpuDevices] = int64(slices.Max(ordinals) + 1)
	}
	c, taken, err := newClient(plugin, o)
	if like.gpu && (err != nil && len(n.Ordinals) > 0 || err == nil && len(c.Devices) < len(ordinals)) {
		// A plugin leaves numbers out that are no devices, and says that there is no GPU where none
		// of them is.
		if err == nil {
			if err = c.Close(); err != nil {
				return nil, err
			}
		}
		all, _, e := newClient(plugin, pjrt.Options{preallocate: false})
		if e != nil {
			return nil, unstartable(path, like, cmp.Or(err, e))
		}
		there := len(all.Devices)
		if e := all.Close(); e != nil {
			return nil, e
		}
		if err == nil || slices.Max(ordinals) >= there {
			return nil, n.beyond(there)
		}
	}
	if err != nil {
		return nil, unstartable(path, like, err)
	}
	if like.gpu && taken && len(c.Devices) == len(ordinals) {
		return c, nil // which has numbered its own devices from 0
	}
	if last := slices.Max(ordinals); last >= len(c.Devices) {
		return nil, errors.Join(n.beyond(len(c.Devices)), c.Close())
	}
	var chosen []*pjrt.Device
	for _, k := range ordinals {
		chosen = append(chosen, c.Devices[k])
	}
	c.Devices = chosen
	return c, nil
}

// beyond is the error of a name with a number that no device has, where there are so many.
func (n Name) beyond(devices int) error {
	there := fmt.Sprintf("there are devices 0 to %d", devices-1)
	if devices == 1 {
		there = "there is device 0 alone"
	}
	return &Error{Wrong: true, Text: fmt.Sprintf("%s: %s", n, there)}
}

// newClient starts a client, and says whether the plugin has taken its options. One that does not
// know them is started without any: which plugins take them is a guess.
func newClient(p *pjrt.Plugin, o pjrt.Options) (c *pjrt.Client, taken bool, err error) {
	c, err = p.NewClient(o)
	if !pjrt.UnknownOption(err) {
		return c, true, err
	}
	if _, asked := o[memoryFraction]; asked {
		return nil, false, &Error{Err: err, Advice: "unset it",
			Text: memoryVariable + ": the plugin has no option for its share of a device's memory"}
	}
	c, err = p.NewClient(nil)
	return c, false, err
}

// Load loads a plugin. An error is an *Error.
func Load(path string) (*pjrt.Plugin, error) {
	if err := pjrt.Missing(); err != nil {
		return nil, &Error{Text: err.Error(), Err: err,
			Advice: "--device cpu computes on the processor"}
	}
	p, err := pjrt.Open(path)
	if err != nil {
		return nil, unloadable(path, err)
	}
	return p, nil
}

// Survey starts a client with all devices of the plugin at path, of whose memory it takes as little
// as it can. An error is an *Error.
func Survey(path string) (*pjrt.Client, error) {
	p, err := Load(path)
	if err != nil {
		return nil, err
	}
	like, o := guess(path), pjrt.Options{}
	if like.gpu {
		o[preallocate] = false
	}
	c, _, err := newClient(p, o)
	if err != nil {
		return nil, unstartable(path, like, err)
	}
	return c, nil
}

func int64s(list []int) []int64 {
	out := make([]int64, len(list))
	for i, k := range list {
		out[i] = int64(k)
	}
	return out
}

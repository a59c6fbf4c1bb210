package pjrt

import (
	"fmt"
	"unsafe"
)

// Client is a plugin at work: its devices, and what runs on them.
type Client struct {
	// Devices are those that this process can use; there is at least one.
	Devices []*Device

	plugin *Plugin
	client uintptr
}

// Device is one device of a client.
type Device struct {
	// Kind is the device's model, such as "NVIDIA H100 80GB HBM3" or "cpu".
	Kind string
	// ID is the number by which programs name the device.
	ID int

	plugin *Plugin
	device uintptr
}

// NewClient starts the plugin's runtime and finds its devices. Where a driver or a device is
// missing, the error is the plugin's.
func (p *Plugin) NewClient(o Options) (*Client, error) {
	list, err := o.list()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.Path, err)
	}
	defer list.free()
	var a struct {
		head
		options            *namedValue
		n                  uintptr
		kvGet, kvGetArg    uintptr
		kvPut, kvPutArg    uintptr
		client             uintptr
		kvTryGet, kvTryArg uintptr
		tail
	}
	a.size, a.n = unsafe.Sizeof(a), uintptr(len(list.values))
	if a.n > 0 {
		// The list itself has pointers to memory that is pinned, and is pinned as well.
		list.pins.Pin(list.at())
		a.options = list.at()
	}
	if err := p.call(clientCreate, unsafe.Pointer(&a)); err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.Path, err)
	}
	c := &Client{plugin: p, client: a.client}
	err = c.findDevices()
	if err == nil && len(c.Devices) == 0 {
		err = fmt.Errorf("%s finds no device", p.Path)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Client) findDevices() error {
	var a struct {
		head
		client  uintptr
		devices *uintptr
		n       uintptr
		tail
	}
	a.size, a.client = unsafe.Sizeof(a), c.client
	if err := c.plugin.call(clientDevices, unsafe.Pointer(&a)); err != nil {
		return fmt.Errorf("listing the devices of %s: %w", c.plugin.Path, err)
	}
	for _, d := range unsafe.Slice(a.devices, a.n) {
		var g struct {
			head
			device, description uintptr
			tail
		}
		g.size, g.device = unsafe.Sizeof(g), d
		if err := c.plugin.call(deviceDescription, unsafe.Pointer(&g)); err != nil {
			return err
		}
		kind, err := c.plugin.ask(descriptionKind, g.description)
		if err != nil {
			return err
		}
		var i struct {
			head
			description uintptr
			id          int32
			tail
		}
		i.size, i.description = unsafe.Sizeof(i), g.description
		if err := c.plugin.call(descriptionID, unsafe.Pointer(&i)); err != nil {
			return err
		}
		c.Devices = append(c.Devices,
			&Device{Kind: kind, ID: int(i.id), plugin: c.plugin, device: d})
	}
	return nil
}

// ask asks an object for a string.
func (p *Plugin) ask(f function, of uintptr) (string, error) {
	var a struct {
		head
		of   uintptr
		text *byte
		n    uintptr
		tail
	}
	a.size, a.of = unsafe.Sizeof(a), of
	if err := p.call(f, unsafe.Pointer(&a)); err != nil {
		return "", err
	}
	return text(a.text, a.n), nil
}

// Platform gives the name of the kind of devices, such as "cpu" or "cuda", and the version of what
// drives them, which may have several lines.
func (c *Client) Platform() (name, version string, err error) {
	if name, err = c.plugin.ask(clientPlatformName, c.client); err != nil {
		return "", "", err
	}
	version, err = c.plugin.ask(clientVersion, c.client)
	return name, version, err
}

// Plugin is the plugin that the client belongs to.
func (c *Client) Plugin() *Plugin { return c.plugin }

// Memory is how much memory a device has for programs, in bytes; 0 where the plugin does not say.
func (d *Device) Memory() int64 {
	type counted struct {
		n   int64
		set bool
	}
	var a struct {
		head
		device         uintptr
		now            int64
		peak           counted
		allocations    counted
		largest, limit counted
		_              [8]counted
		tail
	}
	a.size, a.device = unsafe.Sizeof(a), d.device
	if d.plugin.call(deviceMemoryStats, unsafe.Pointer(&a)) != nil || !a.limit.set {
		return 0
	}
	return a.limit.n
}

// Close ends the client. Its programs and buffers must be closed before.
func (c *Client) Close() error { return c.plugin.on(clientDestroy, c.client) }

package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"acol/internal/kernel/device"
	"acol/internal/machine"
)

func newDeviceCmd(s *streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "device",
		Short: "Install, list and check GPUs and other devices",
		Long: `Install, list and check what a network can be computed on beside the processor: the
devices of PJRT plugins, the shared libraries in which NVIDIA, AMD, Intel and Google
publish XLA for their devices. --device or train.device names a device: cuda is the
first GPU of an installed plugin, cuda:1 the second, and the path of a plugin's file
is that plugin's. docs/devices.md says where plugins come from.`,
		Example: `  acol device install cuda13
  acol device list
  acol device check cuda
  acol train recipe.yaml --device cuda`,
		Args: subcommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newDeviceInstallCmd(s, runDeviceInstall), newDeviceListCmd(s, runDeviceList),
		newDeviceCheckCmd(s, runDeviceCheck))
	return c
}

type deviceListOptions struct {
	streams *streams
	Plugins []string
	JSON    bool
}

func newDeviceListCmd(s *streams, runF func(*deviceListOptions) error) *cobra.Command {
	o := &deviceListOptions{streams: s}
	c := &cobra.Command{
		Use:   "list [PLUGIN...]",
		Short: "List the devices of plugins",
		Long: `List the devices of plugins: of those that are named, by file or by a word such as
cuda, else of all in the folder of plugins. That is what ACOL_PLUGINS names, else
acol/plugins in your cache folder. Each plugin is loaded and started, so that a driver
that is missing shows here.

Exit codes: 0 done; 1 a plugin cannot be used, which is said in its place; 2 what is
named is no plugin.`,
		Example: `  acol device list
  acol device list plugins/xla_cuda_plugin.so --json`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			o.Plugins = args
			return runF(o)
		},
	}
	c.ValidArgsFunction = completeDevices
	c.Flags().BoolVar(&o.JSON, "json", false, "print one JSON object a kind of device")
	return c
}

// completeDevices offers the words for devices of plugins, and files.
func completeDevices(
	*cobra.Command, []string, string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	return device.PluginWords(), cobra.ShellCompDirectiveDefault
}

// deviceLine is a device in JSON.
type deviceLine struct {
	Plugin string `json:"plugin"`
	// PJRT is the version of the interface that the plugin speaks.
	PJRT     string `json:"pjrt"`
	Platform string `json:"platform"`
	Device   string `json:"device"`
	// Count is how many devices are like that.
	Count int `json:"count"`
	// Bytes is the memory that programs get of it; 0 where the plugin does not say.
	Bytes int64 `json:"bytes,omitempty"`
}

func runDeviceList(o *deviceListOptions) error {
	plugins, err := pluginsOr(o.Plugins)
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(o.streams.Out, 0, 0, 2, ' ', 0)
	enc := newJSONLines(o.streams.Out)
	var failed []error
	headed := false
	for _, path := range plugins {
		lines, err := devicesOf(path)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		for _, l := range lines {
			if o.JSON {
				if err := enc.Encode(l); err != nil {
					return err
				}
				continue
			}
			if !headed {
				printf(tw, "devices\tmemory\tplatform\tPJRT\tplugin\n")
				headed = true
			}
			memory, name := "", l.Device
			if l.Bytes > 0 {
				memory = machine.Size(l.Bytes)
			}
			if l.Count > 1 {
				name = fmt.Sprintf("%d x %s", l.Count, l.Device)
			}
			printf(tw, "%s\t%s\t%s\t%s\t%s\n", name, memory, l.Platform, l.PJRT, l.Plugin)
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	return errors.Join(failed...)
}

// pluginsOr gives the files of the plugins that are named, else those in the folder of plugins.
// None at all is an error.
func pluginsOr(named []string) ([]string, error) {
	var list []string
	for _, name := range named {
		path, err := device.File(name)
		if err != nil {
			return nil, err
		}
		list = append(list, path)
	}
	if len(list) > 0 {
		return list, nil
	}
	list, err := device.Find()
	if err == nil && len(list) == 0 {
		dir, _ := device.Folder()
		err = hinted{errors.New("there is no plugin in " + dir),
			"acol device install cuda13 fetches NVIDIA's; ACOL_PLUGINS names another folder; " +
				"docs/devices.md says where plugins come from"}
	}
	return list, err
}

// devicesOf starts a plugin and asks for its devices.
func devicesOf(path string) ([]deviceLine, error) {
	c, err := device.Survey(path)
	if err != nil {
		return nil, err
	}
	platform, _, err := c.Platform()
	var lines []deviceLine
	for _, d := range c.Devices {
		l := deviceLine{Plugin: path, PJRT: c.Plugin().Version(), Platform: platform,
			Device: d.Kind, Count: 1, Bytes: d.Memory()}
		if n := len(lines); n > 0 && lines[n-1].Device == l.Device && lines[n-1].Bytes == l.Bytes {
			lines[n-1].Count++
			continue
		}
		lines = append(lines, l)
	}
	return lines, errors.Join(err, c.Close())
}

// Roofline makes the table of docs/devices.md: what NVIDIA's compiler says of training steps on an
// H100, and how fast the GPU could at most run them. It compiles by the plugin of jax-cuda13-pjrt
// for a GPU that is described, so that it needs none. A step whose row is in the CSV file is not
// compiled again: roofline may be stopped and started again. At the end it prints the table.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"acol/internal/pjrt"
	"acol/scripts/rows"
	"acol/scripts/script"
)

// columns are those of the CSV file. Sizes are in bytes; of the outputs, those that are aliased
// take the place of arguments. Flops are those of the convolutions, by acol's count; bytes are what
// the compiler's instructions read and write, and cudnn counts those that call a convolution of
// cuDNN.
var columns = []string{
	"plugin", "network", "precision", "batch", "size", "arguments", "outputs", "aliased",
	"temporary", "peak", "flops", "bytes", "instructions", "cudnn", "compile_s",
}

func main() { script.Main("roofline", run) }

func run(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("roofline", flag.ContinueOnError)
	path := f.String("plugin", "", "the `path` of xla_cuda_plugin.so, beside NVIDIA's libraries")
	csv := f.String("csv", "docs/results/roofline.csv", "the `file` of rows")
	networks := f.String("networks", "squeezenet1_1,googlenet,mobilenet_v2,resnet50,vgg16,"+
		"inception_v3,efficientnet_b0,convnext_tiny", "the `names` of networks, between commas")
	precisions := f.String("precisions", "fp32,bf16", "the `formats`, between commas")
	batches := f.String("batches", "64,256", "the `numbers` of images, between commas")
	size := f.Int("size", 224, "the side of the images in `pixels`")
	limit := f.Duration("time", 0, "begin no compilation after so long; 0 is no limit")
	if err := f.Parse(args); err != nil {
		return err
	}
	have, err := rows.Read(*csv, columns)
	if err != nil {
		return err
	}
	begun := time.Now()
	var plugin *pjrt.Plugin
	for _, network := range strings.Split(*networks, ",") {
		for _, batch := range strings.Split(*batches, ",") {
			for _, precision := range strings.Split(*precisions, ",") {
				r := rows.Row{"network": network, "precision": precision, "batch": batch,
					"size": strconv.Itoa(*size)}
				if contains(have, r) {
					continue
				}
				if *path == "" || *limit > 0 && time.Since(begun) > *limit {
					fmt.Fprintf(out, "not compiled: %s, %s, %s images\n", network, precision, batch)
					continue
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				if plugin == nil {
					if plugin, err = pjrt.Open(*path); err != nil {
						return err
					}
				}
				if err := measure(plugin, r); err != nil {
					return fmt.Errorf("%s, %s, %s images: %w", network, precision, batch, err)
				}
				have = append(have, r)
				if err := rows.Write(*csv, columns, have); err != nil {
					return err
				}
			}
		}
	}
	if len(have) == 0 {
		return errors.New("there is no row yet: -plugin names a plugin that compiles")
	}
	return printTable(out, have)
}

func contains(have []rows.Row, r rows.Row) bool {
	for _, h := range have {
		if h.Same(r, "network", "precision", "batch", "size") {
			return true
		}
	}
	return false
}

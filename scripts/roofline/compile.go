package main

import (
	"fmt"
	"strconv"
	"time"

	"acol/internal/data/pixels"
	"acol/internal/engine"
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device"
	"acol/internal/kernel/portable"
	"acol/internal/model"
	"acol/internal/pjrt"
	"acol/internal/stablehlo"
	"acol/internal/train"
	"acol/scripts/rows"
)

// h100 describes the SXM module of 80 GB to XLA, a GpuTargetConfigProto.
const h100 = `gpu_device_info {
  threads_per_block_limit: 1024
  threads_per_warp: 32
  shared_memory_per_block: 49152
  shared_memory_per_core: 233472
  threads_per_core_limit: 2048
  core_count: 132
  fpus_per_core: 128
  block_dim_limit_x: 2147483647
  block_dim_limit_y: 65535
  block_dim_limit_z: 65535
  memory_bandwidth: 3352320000000
  l2_cache_size: 52428800
  clock_rate_ghz: 1.98
  device_memory_size: 84929347584
  shared_memory_per_block_optin: 232448
  cuda_compute_capability { major: 9 }
  registers_per_core_limit: 65536
  registers_per_block_limit: 65536
}
runtime_version { major: 13 minor: 0 patch: 0 }
platform_name: "CUDA"
dnn_version_info { major: 9 minor: 12 }
device_description_str: "NVIDIA H100 80GB HBM3"
`

// measure compiles the training step of a row with two branches for 1000 classes, as trainings have
// it by default, and fills in what the compiler says.
func measure(p *pjrt.Plugin, r rows.Row) error {
	c := model.DefaultConfig()
	var ok bool
	if c.Backbone.Arch, c.Backbone.Depth, ok = model.FindNetwork(r["network"]); !ok {
		return fmt.Errorf("there is no such network")
	}
	c.Branches.Kinds, c.Branches.Deltas = "pp", []float64{0.6}
	const classes = 1000
	m, err := model.New(c, classes)
	if err != nil {
		return err
	}
	batch, err := strconv.Atoi(r["batch"])
	if err != nil {
		return err
	}
	size, err := strconv.Atoi(r["size"])
	if err != nil {
		return err
	}
	b := &described{
		Backend: portable.New(1), precision: backend.Precision(r["precision"]), plugin: p,
	}
	e := engine.New(b)
	defer e.Close()
	since := time.Now()
	norm := pixels.NewNormalizer([]float64{.5, .5, .5}, []float64{.25, .25, .25})
	in := model.Input{Batch: batch, Height: size, Width: size, Norm: norm}
	if _, err := train.NewStepper(train.DefaultConfig(), e, m, in, nil); err != nil {
		return err
	}
	r["plugin"] = "PJRT " + p.Version()
	r["compile_s"] = fmt.Sprintf("%.0f", time.Since(since).Seconds())
	s := b.estimate
	moved, err := readTraffic(s.Program)
	if err != nil {
		return err
	}
	for name, n := range map[string]int64{
		"arguments": s.Arguments, "outputs": s.Outputs, "aliased": s.Aliased,
		"temporary": s.Temporary, "peak": s.Peak,
		"flops": b.flops, "bytes": moved.bytes, "instructions": int64(moved.instructions),
		"cudnn": int64(moved.convolutions()),
	} {
		r[name] = strconv.FormatInt(n, 10)
	}
	return nil
}

// described is a backend whose device exists by description alone: it compiles and runs nothing.
type described struct {
	backend.Backend // what a graph does not need

	precision backend.Precision
	plugin    *pjrt.Plugin
	estimate  *pjrt.Estimate
	flops     int64
}

var _ backend.GraphBackend = (*described)(nil)

// NewHome implements backend.GraphBackend. A training step has no use for it.
func (d *described) NewHome([]int) backend.Home { return nil }

// Replicas implements backend.GraphBackend.
func (d *described) Replicas() int { return 1 }

// CompileGraph implements backend.GraphBackend.
func (d *described) CompileGraph(g backend.Graph) (backend.Program, error) {
	for _, n := range g.Nodes {
		if n.Spec != nil {
			d.flops += kernel.FLOPs(n.Spec)
		}
	}
	text, err := stablehlo.Module(g, d.precision)
	if err != nil {
		return nil, err
	}
	target := pjrt.Options{"target_config": h100, "topology": "1x1x1"}
	flags := device.FlagsOf("cuda", d.plugin.Path, d.precision)
	d.estimate, err = d.plugin.CompileFor(target, text, flags, g.Parts())
	return noProgram{}, err
}

// noProgram stands for a program that cannot run here. What comes after a start never happens.
type noProgram struct{ backend.Program }

func (noProgram) Bytes() int64 { return 0 }
func (noProgram) Close() error { return nil }
func (noProgram) Start(_ [][]float32, _ bool) error {
	return fmt.Errorf("the program is for a device that is not here")
}

package main

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"acol/internal/bench"
	"acol/internal/data"
	"acol/internal/data/loader"
	"acol/internal/engine"
	"acol/internal/model"
	"acol/internal/recipe"
)

// benchReport is what acol bench has measured.
type benchReport struct {
	Model      string            `json:"model"`
	Parameters int               `json:"parameters"`
	Size       int               `json:"size"`
	Batch      int               `json:"batch"`
	Precision  string            `json:"precision"`
	Commit     string            `json:"commit"`
	Machine    string            `json:"machine"`
	Kernels    string            `json:"kernels"`
	ISA        string            `json:"isa"`
	Threads    int               `json:"threads"`
	TrainRate  float64           `json:"train_img_s,omitempty"`
	InferRate  float64           `json:"infer_img_s,omitempty"`
	PeakMemory int64             `json:"peak_bytes,omitempty"`
	PeakFLOPS  float64           `json:"peak_flops,omitempty"` // with --profile
	Train      *bench.Result     `json:"train,omitempty"`
	Infer      *bench.Result     `json:"infer,omitempty"`
	Data       *bench.DataResult `json:"data,omitempty"`
}

// benchSetup is what the measurements share.
type benchSetup struct {
	o     *benchOptions
	rec   *recipe.Recipe
	split *data.Split // nil without --data
	model *model.Model
	eng   *engine.Engine
}

func runBench(ctx context.Context, o *benchOptions) error {
	if err := o.shared(); err != nil {
		return err
	}
	b, err := newBenchSetup(o)
	if err := o.streams.Ranks.begin(o.streams, err, b.footing()); err != nil {
		return err
	}
	if err := b.open(); err != nil {
		return err
	}
	defer b.eng.Close()
	r, err := b.measure(ctx)
	if err != nil {
		return err
	}
	show := r.print
	if o.JSON {
		show = func(w io.Writer) error { return newJSONLines(w).Encode(r) }
	}
	if err := show(o.streams.Out); err != nil {
		return err
	}
	if o.CSV != "" {
		if err := bench.AppendCSV(o.CSV, r.row()); err != nil {
			return err
		}
	}
	if o.Export != "" {
		return b.export(o.Export)
	}
	return nil
}

func newBenchSetup(o *benchOptions) (*benchSetup, error) {
	b := &benchSetup{o: o}
	if err := checkExport(o.Export); err != nil {
		return nil, err
	}
	var err error
	if b.rec, err = o.load(); err != nil {
		return nil, err
	}
	if o.Mode != modeInfer {
		if err := o.streams.Ranks.checkBatch(b.rec.Train); err != nil {
			return nil, err
		}
	}
	classes := o.Classes
	if o.Data {
		if b.split, err = data.Open(b.rec.Data, "train"); err != nil {
			return nil, err
		}
		classes = len(b.split.Classes)
	}
	if b.model, err = model.New(b.rec.Model, classes); err != nil {
		return nil, err
	}
	b.model.Init(b.rec.Train.Seed)
	return b, nil
}

// open starts the kernels.
func (b *benchSetup) open() (err error) {
	if b.eng, err = newEngine(b.o.streams, b.rec.Train); err != nil {
		return err
	}
	admitEach(b.eng)
	if b.o.Mode == modeInfer {
		return nil
	}
	ranks := b.o.streams.Ranks
	if _, err = b.rec.Train.PartOf(ranks.world(), b.eng.Devices()); err != nil {
		err = usageError{err}
	}
	return ranks.agree(err)
}

// footing is what ranks have to have in common; that of nil is empty.
func (b *benchSetup) footing() footing {
	if b == nil {
		return footing{}
	}
	return footing{Recipe: checksumOf(b.rec)}
}

// shared settles what several processes of mpirun measure, which is training alone.
func (o *benchOptions) shared() error {
	if o.streams.Ranks.world().Size() == 1 {
		return nil
	}
	if o.Mode == modeInfer || o.Data || o.Export != "" || o.CSV != "" {
		return usagef("several processes measure training: --mode infer, --data, --csv and --export " +
			"are for one")
	}
	o.Mode = modeTrain
	return nil
}

func (b *benchSetup) options(what string) (bench.Options, *progress) {
	p := newProgress(b.o.streams, what, "steps")
	return bench.Options{
		Model: b.model, Engine: b.eng, Batch: b.rec.Train.BatchSize, Size: b.rec.Data.Input.Size,
		Warmup: b.o.Warmup, Steps: b.o.Steps, Train: b.rec.Train, World: b.o.streams.Ranks.world(),
		Profile: b.o.Profile, Progress: p.update,
	}, p
}

// measure runs what the mode asks for. Inference comes first: training needs more memory, and so
// the peak of the process is that of training.
func (b *benchSetup) measure(ctx context.Context) (*benchReport, error) {
	r := b.report()
	var err error
	if b.o.Profile {
		if r.PeakFLOPS, err = b.eng.MeasurePeak(); err != nil {
			return nil, err
		}
	}
	if b.o.Mode != modeTrain {
		o, p := b.options("inference")
		r.Infer, err = bench.Infer(ctx, o)
		p.done()
		if err != nil {
			return nil, fmt.Errorf("measuring inference: %w", err)
		}
		r.InferRate = r.Infer.Rate()
		debug.FreeOSMemory() // so that the peak is the larger of both, not the sum
	}
	if b.o.Mode != modeInfer {
		o, p := b.options("training")
		r.Train, err = bench.Train(ctx, o)
		p.done()
		if err != nil {
			return nil, fmt.Errorf("measuring training: %w", err)
		}
		r.TrainRate = r.Train.Rate()
	}
	r.PeakMemory = bench.PeakMemory()
	if b.split != nil {
		debug.FreeOSMemory()
		o, p := b.options("training on the data")
		r.Data, err = bench.Data(ctx, o, b.loader)
		p.done()
		if err != nil {
			return nil, hintBroken(err)
		}
	}
	return r, nil
}

// loader opens the training split with an empty cache.
func (b *benchSetup) loader() (*loader.Loader, error) {
	return newTrainLoader(b.split, b.rec, nil, b.eng)
}

func (b *benchSetup) report() *benchReport {
	v, k := buildVersion(), b.eng.Backend()
	n := 0
	for _, p := range b.model.Params() {
		if p.Kind.Trained() {
			n += len(p.Data)
		}
	}
	return &benchReport{
		Model: modelName(b.rec), Parameters: n,
		Size: b.rec.Data.Input.Size, Batch: b.rec.Train.BatchSize,
		Commit: v.commit(), Machine: bench.Machine(),
		Kernels: k.Name(), ISA: k.ISA(), Threads: k.Threads(), Precision: string(k.Precision()),
	}
}

func (r *benchReport) row() bench.Row {
	return bench.Row{
		Time: time.Now(), Commit: r.Commit, Machine: r.Machine,
		Kernels: r.Kernels, ISA: r.ISA, Threads: r.Threads, Precision: r.Precision,
		Model: r.Model, Size: r.Size, Batch: r.Batch,
		Train: r.TrainRate, Infer: r.InferRate, Peak: r.PeakMemory,
	}
}

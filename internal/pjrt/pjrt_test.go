package pjrt_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acol/internal/kernel/device/devicetest"
	"acol/internal/pjrt"
)

func open(t *testing.T) *pjrt.Client { return openWith(t, nil) }

func openWith(t *testing.T, o pjrt.Options) *pjrt.Client {
	t.Helper()
	p, err := pjrt.Open(devicetest.Plugin(t))
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// sumAndTwice takes two matrices, and gives their sum and twice the second.
const sumAndTwice = `module @test {
  func.func public @main(%arg0: tensor<2x3xf32>, %arg1: tensor<2x3xf32>)
      -> (tensor<2x3xf32>, tensor<2x3xf32>) {
    %0 = stablehlo.add %arg0, %arg1 : tensor<2x3xf32>
    %1 = stablehlo.add %arg1, %arg1 : tensor<2x3xf32>
    return %0, %1 : tensor<2x3xf32>, tensor<2x3xf32>
  }
}`

func TestAProgramRuns(t *testing.T) { runs(t, open(t), 0) }

func TestAProgramRunsOnTheDeviceThatItIsFor(t *testing.T) {
	c := openWith(t, pjrt.Options{"cpu_device_count": int64(3)})
	if len(c.Devices) != 3 {
		t.Fatalf("%d devices, want 3", len(c.Devices))
	}
	for k := range c.Devices {
		runs(t, c, k)
	}
}

func TestOptionsThatAPluginDoesNotKnowAreItsError(t *testing.T) {
	p, err := pjrt.Open(devicetest.Plugin(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []any{int64(1), []int64{1, 2}, []int64{}, true, float32(1), "one", ""} {
		_, err := p.NewClient(pjrt.Options{"no_such_option": value})
		if !pjrt.UnknownOption(err) || !strings.Contains(err.Error(), "no_such_option") {
			t.Errorf("%T: error %v", value, err)
		}
	}
	if _, err := p.NewClient(pjrt.Options{"x": 1}); err == nil || pjrt.UnknownOption(err) {
		t.Errorf("an int: error %v", err)
	}
}

// runs runs a program on device k.
func runs(t *testing.T, c *pjrt.Client, k int) {
	t.Helper()
	program, err := c.Compile([]byte(sumAndTwice), nil, c.Devices[k:k+1])
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	up, shape := c.NewTransfer(), []int{2, 3}
	var args []*pjrt.Buffer
	for _, x := range [][]float32{{1, 2, 3, 4, 5, 6}, {10, 20, 30, 40, 50, 60}} {
		b, err := up.Upload(c, c.Devices[k], x, shape)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, b)
	}
	for range 3 { // arguments stay for another run
		outs, err := program.Run([][]*pjrt.Buffer{args})
		if err != nil {
			t.Fatal(err)
		}
		down, got := c.NewTransfer(), [2][]float32{make([]float32, 6), make([]float32, 6)}
		for i, b := range outs[0] {
			if err := down.Download(got[i], b); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(up.Wait(), down.Wait()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got[0], []float32{11, 22, 33, 44, 55, 66}) ||
			!slices.Equal(got[1], []float32{20, 40, 60, 80, 100, 120}) {
			t.Errorf("sum and twice are %v", got)
		}
		for _, b := range outs[0] {
			if err := b.Free(); err != nil {
				t.Error(err)
			}
		}
	}
	for _, b := range args {
		if err := b.Free(); err != nil {
			t.Error(err)
		}
	}
	if n := program.Bytes(); n != 0 && n < 4*4*6 {
		t.Errorf("the program takes %d bytes, less than its arguments and outputs", n)
	}
}

// sumOfReplicas gives each of three replicas the sum of what all have, in the memory of its own.
const sumOfReplicas = `module @test attributes {mhlo.num_replicas = 3 : i32} {
  func.func public @main(%arg0: tensor<2xf32> {tf.aliasing_output = 0 : i32}) -> tensor<2xf32> {
    %0 = "stablehlo.all_reduce"(%arg0) <{replica_groups = dense<[[0, 1, 2]]> : tensor<1x3xi64>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %m = stablehlo.add %a, %b : tensor<f32>
      stablehlo.return %m : tensor<f32>
    }) : (tensor<2xf32>) -> tensor<2xf32>
    return %0 : tensor<2xf32>
  }
}`

// Several runs are begun before the first has ended, each on what the one before it makes. What was
// compiled can be taken from the devices and loaded again.
func TestReplicasRunOnDevicesOfTheirOwn(t *testing.T) {
	c := openWith(t, pjrt.Options{"cpu_device_count": int64(4)})
	on := []*pjrt.Device{c.Devices[3], c.Devices[0], c.Devices[2]}
	program, err := c.Compile([]byte(sumOfReplicas), nil, on)
	if err != nil {
		t.Fatal(err)
	}
	code, err := program.Serialize()
	if err := errors.Join(err, program.Close()); err != nil {
		t.Fatal(err)
	}
	if program, err = c.Load(code, len(on)); err != nil || program.Replicas != len(on) {
		t.Fatalf("%+v: %v", program, err)
	}
	defer program.Close()
	up, args := c.NewTransfer(), make([][]*pjrt.Buffer, len(on))
	for r, d := range on {
		b, err := up.Upload(c, d, []float32{float32(r), 10}, []int{2})
		if err != nil {
			t.Fatal(err)
		}
		args[r] = []*pjrt.Buffer{b}
	}
	for range 3 {
		outs, err := program.Run(args)
		if err != nil {
			t.Fatal(err)
		}
		for _, list := range args {
			if err := list[0].Free(); err != nil {
				t.Error(err)
			}
		}
		args = outs
	}
	for r, list := range args {
		down, got := c.NewTransfer(), make([]float32, 2)
		if err := errors.Join(down.Download(got, list[0]), down.Wait(), list[0].Free()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, []float32{27, 270}) {
			t.Errorf("replica %d has %v", r, got)
		}
	}
	if err := up.Wait(); err != nil {
		t.Error(err)
	}
	for _, wrong := range [][][]*pjrt.Buffer{nil, args[:2], {args[0], args[1], nil}} {
		if _, err := program.Run(wrong); err == nil {
			t.Errorf("runs with the arguments of %d replicas", len(wrong))
		}
	}
}

func TestADeviceSaysWhatItIs(t *testing.T) {
	c := open(t)
	name, version, err := c.Platform()
	if err != nil || name == "" || version == "" {
		t.Errorf("platform %q, version %q: %v", name, version, err)
	}
	if c.Devices[0].Kind == "" || c.Devices[0].Memory() < 0 {
		t.Errorf("device %+v with %d bytes", c.Devices[0], c.Devices[0].Memory())
	}
}

func TestWhatACompilerRefusesIsItsError(t *testing.T) {
	c := open(t)
	for _, tc := range []struct {
		text  string
		flags pjrt.Flags
		want  string
	}{
		{"module {", nil, "compiling for the device: "},
		{"", nil, "empty module"},
		{sumAndTwice, pjrt.Flags{"xla_no_such_flag": true}, "xla_no_such_flag"},
	} {
		_, err := c.Compile([]byte(tc.text), tc.flags, c.Devices[:1])
		if err == nil || !strings.Contains(err.Error(), tc.want) || pjrt.OutOfMemory(err) {
			t.Errorf("compiling %.9q with %v: error %v, want one about %q", tc.text, tc.flags,
				err, tc.want)
		}
	}
}

func TestAnUploadIsOfItsShape(t *testing.T) {
	c := open(t)
	_, err := c.NewTransfer().Upload(c, c.Devices[0], make([]float32, 5), []int{2, 3})
	if err == nil || !strings.Contains(err.Error(), "5 values as an array of shape [2 3]") {
		t.Errorf("error %v", err)
	}
}

func TestWhatIsNoPluginIsRefused(t *testing.T) {
	if err := pjrt.Missing(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	text := filepath.Join(dir, "plugin.so")
	if err := os.WriteFile(text, []byte("no library"), 0o666); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.so"): "no such file",
		dir:                           "folder",
		text:                          "loading the plugin",
	} {
		if _, err := pjrt.Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("opening %s: error %v, want one about %q", path, err, want)
		}
	}
}

// What a described device takes is known from plugins for GPUs; the plugin for processors shows
// that a wrong description is an error.
func TestAProgramIsCompiledForADeviceThatIsDescribed(t *testing.T) {
	p := open(t).Plugin()
	if _, err := p.CompileFor(nil, nil, nil, 1); err == nil {
		t.Error("an empty module compiles")
	}
	_, err := p.CompileFor(pjrt.Options{"target_config": "nonsense"}, []byte(sumAndTwice), nil, 1)
	if err == nil || !strings.Contains(err.Error(), "describing a device to "+p.Path) {
		t.Errorf("error %v", err)
	}
}

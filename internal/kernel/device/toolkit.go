package device

import (
	"os"
	"path/filepath"
	"strings"
)

// toolkitFlag is XLA's flag for the folder of CUDA, from which it takes the assembler and the
// functions of the device.
const toolkitFlag = "xla_gpu_cuda_data_dir"

// toolkits are where packages of PyPI have CUDA, from the folder of the plugin. They lie there for
// the plugin's own search for libraries too.
var toolkits = []string{
	"../../nvidia/cu13", "../nvidia/cu13", "../../nvidia/cuda_nvcc", "../nvidia/cuda_nvcc",
}

// inToolkit is what XLA takes from a folder of CUDA. PyTorch's packages make a folder nvidia/cu13
// that has neither.
var inToolkit = []string{"bin/ptxas", "nvvm/libdevice/libdevice.10.bc"}

// toolkit is the folder of CUDA for the plugin at path: the packages beside it, else an installed
// CUDA. It is empty where there is none, and where the user's XLA_FLAGS name one.
func toolkit(path string) string {
	if strings.Contains(os.Getenv("XLA_FLAGS"), toolkitFlag) {
		return ""
	}
	var dirs []string
	for _, dir := range toolkits {
		dirs = append(dirs, filepath.Join(filepath.Dir(path), filepath.FromSlash(dir)))
	}
	dirs = append(dirs, os.Getenv("CUDA_HOME"), os.Getenv("CUDA_PATH"))
	for _, bin := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.Base(bin) == "bin" {
			dirs = append(dirs, filepath.Dir(bin))
		}
	}
	for _, dir := range append(dirs, "/usr/local/cuda") {
		if dir != "" && hasAll(dir, inToolkit) {
			return dir
		}
	}
	return ""
}

// hasAll says whether a folder has files of these names, with slashes.
func hasAll(dir string, names []string) bool {
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return false
		}
	}
	return true
}

// toolkitMissing are words of XLA's errors where it finds no folder of CUDA.
var toolkitMissing = []string{"No PTX compilation provider", "libdevice"}

// withoutToolkit says what it means that XLA finds no folder of CUDA; other errors stay as they
// are.
func withoutToolkit(err error) error {
	for _, words := range toolkitMissing {
		if strings.Contains(err.Error(), words) {
			return &Error{
				Text: "XLA finds no assembler for NVIDIA's GPUs (ptxas, and libdevice beside it)",
				Advice: "the packages nvidia-cuda-nvcc and nvidia-nvvm have them and belong beside " +
					"the plugin, or let CUDA_HOME name an installed CUDA; docs/devices.md says more",
				Err: err,
			}
		}
	}
	return err
}

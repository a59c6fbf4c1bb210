package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCSVHasItsColumnsOnceAndARowEach(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.csv")
	r := Row{
		Time: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC), Commit: "abc", Machine: "CPU X, 2 CPUs",
		Kernels: "portable", ISA: "avx2", Threads: 2, Precision: "fp32",
		Model: "resnet50-pp-conv", Size: 224, Batch: 8, Train: 7.65432, Infer: 0, Peak: 3 << 20,
	}
	if err := AppendCSV(path, r); err != nil {
		t.Fatal(err)
	}
	r.Train, r.Infer, r.Peak = 0, 20, 0
	if err := AppendCSV(path, r); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"time,commit,machine,kernels,isa,threads,precision,model,size,batch,train_img_s,infer_img_s,peak_mib",
		`2026-02-03T04:05:06Z,abc,"CPU X, 2 CPUs",portable,avx2,2,fp32,resnet50-pp-conv,224,8,7.654,,3`,
		`2026-02-03T04:05:06Z,abc,"CPU X, 2 CPUs",portable,avx2,2,fp32,resnet50-pp-conv,224,8,,20.000,`, "",
	}, "\n")
	if string(got) != want {
		t.Errorf("file\n%s\nwant\n%s", got, want)
	}
}

func TestCSVOfOtherColumnsIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.csv")
	const other = "name,value\na,1\n"
	if err := os.WriteFile(path, []byte(other), 0o666); err != nil {
		t.Fatal(err)
	}
	err := AppendCSV(path, Row{})
	if err == nil || !strings.Contains(err.Error(), "name another file") {
		t.Errorf("error %v, want one that says to name another file", err)
	}
	if got, _ := os.ReadFile(path); string(got) != other {
		t.Errorf("file is now %q", got)
	}
}

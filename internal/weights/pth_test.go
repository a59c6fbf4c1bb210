package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Each golden .pth was written by PyTorch and has a twin of contiguous tensors written by the
// reference safetensors.
func TestPthReadsWhatPyTorchWrote(t *testing.T) {
	for _, name := range []string{"mixed", "views", "checkpoint"} {
		got, info, err := Open(filepath.Join("testdata", name+".pth"))
		if err != nil {
			t.Fatal(err)
		}
		want, _, err := Open(filepath.Join("testdata", name+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		if info.Format != PyTorchFormat {
			t.Errorf("%s: format %s", name, info.Format)
		}
		assertEqual(t, got, want)
	}
}

func TestCheckpointKeepsItsNumbersAsMetadata(t *testing.T) {
	d, info, err := Open("testdata/checkpoint.pth")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"epoch": "3", "arch": "tiny", "best": "0.5", "seed": "18446744073709551615", "done": "false"}
	if !maps.Equal(d.Metadata, want) {
		t.Errorf("metadata %v, want %v", d.Metadata, want)
	}
	if info.Key != "state_dict" || !slices.Equal(info.Skipped, []string{"optimizer"}) {
		t.Errorf("info %+v", info)
	}
	if names := d.Names(); names[0] != "0.weight" || names[len(names)-1] != "1.num_batches_tracked" {
		t.Errorf("not in the module's order: %v", names)
	}
}

func TestEntriesListWhatTheTensorsAre(t *testing.T) {
	for _, path := range []string{"testdata/mixed.pth", "testdata/mixed.safetensors"} {
		f, err := OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for i, e := range f.Entries() {
			x, err := f.Tensor(i)
			if err != nil {
				t.Fatal(err)
			}
			if x.DType != e.DType || !slices.Equal(x.Shape, e.Shape) || int64(len(x.Raw)) != e.Bytes || int64(x.Len()) != e.Parameters {
				t.Errorf("%s: %+v, but the tensor is %s %v of %d bytes", path, e, x.DType, x.Shape, len(x.Raw))
			}
		}
	}
}

// PyTorch 2 adds entries to the archive; the pickle is the same.
func TestPthOfPyTorch2(t *testing.T) {
	b := zipped(t, "m/data.pkl", stateDict("a", tensor("0", 2, 0, "K\x02", "K\x01")), "m/.format_version", "1", "m/.storage_alignment", "64",
		"m/byteorder", "little", "m/data/0", "\x01\x02\x03\x04\x05\x06\x07\x08", "m/version", "3\n", "m/.data/serialization_id", "0123")
	f, err := NewFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if x, err := f.Tensor(0); err != nil || string(x.Raw) != "\x01\x02\x03\x04\x05\x06\x07\x08" {
		t.Errorf("got %x, error %v", x.Raw, err)
	}
}

func TestTensorsOfOneStorageDoNotShareMemory(t *testing.T) {
	one := tensor("0", 1, 0, "K\x01", "K\x01")
	b := zipped(t, "m/data.pkl", stateDict("a", one, "b", one), "m/data/0", "abcd")
	f, err := NewFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	d, err := f.StateDict()
	if err != nil {
		t.Fatal(err)
	}
	x, _ := d.Get("a")
	x.Raw[0] = 'X'
	if y, _ := d.Get("b"); string(y.Raw) != "abcd" {
		t.Errorf("b became %q", y.Raw)
	}
}

func TestBrokenArchivesAreRefused(t *testing.T) {
	const cpu = "abcd"
	pkl := stateDict("a", tensor("0", 1, 0, "K\x01", "K\x01"))
	good := zipped(t, "m/data.pkl", pkl, "m/data/0", cpu)
	damaged := bytes.Replace(good, []byte(cpu), []byte("abcX"), 1)
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"truncated", good[:len(good)-30], "the zip archive has no valid directory: truncated or damaged"},
		{"damaged", damaged, "a: zip archive: the checksum of data/0 is wrong: the file is damaged"},
		{"no pickle", zipped(t, "word/document.xml", "x"), "a zip archive without data.pkl, which torch.save did not write"},
		{"two pickles", zipped(t, "m/data.pkl", pkl, "n/data.pkl", pkl), "more than one data.pkl"},
		{"twice", zipped(t, "m/data.pkl", pkl, "m/data/0", cpu, "m/data/0", cpu), "m/data/0 comes twice"},
		{"path", zipped(t, "m/data.pkl", pkl, "m/../../etc/passwd", cpu), "unsafe path m/../../etc/passwd"},
		{"absolute", zipped(t, "/m/data.pkl", pkl), "unsafe path /m/data.pkl"},
		{"backslash", zipped(t, `m\data.pkl`, pkl), `unsafe path m\\data.pkl`},
		{"no storage", zipped(t, "m/data.pkl", pkl), "a: zip archive: no entry data/0"},
		{"storage elsewhere", zipped(t, "m/data.pkl", stateDict("a", tensor("../version", 1, 0, "K\x01", "K\x01")), "m/version", cpu), "no entry data/../version"},
		{"short storage", zipped(t, "m/data.pkl", pkl, "m/data/0", "abc"), "a: storage of 1 elements of F32, but the file has 3 bytes for it"},
		{"TorchScript", zipped(t, "m/data.pkl", pkl, "m/constants.pkl", "."), "a TorchScript archive, which is not supported: save model.state_dict() with torch.save"},
		{"big endian", zipped(t, "m/data.pkl", pkl, "m/byteorder", "big"), "byte order big not supported"},
		{"compressed", deflated(t, "m/data.pkl", pkl), "data.pkl is compressed, which torch.save never does"},
		{"zip bomb", deflated(t, "m/data.pkl", strings.Repeat("\x00", 1<<24)), "data.pkl is compressed"},
		{"claim", claiming(good, 1<<31, 1<<31), "claims 2147483648 bytes in a file of"},
		{"two claims", claiming(good, 8, 9), "claims 9 bytes"},
		{"claim of the whole file", claiming(good, len(good), len(good)), "data.pkl lies outside the file: truncated or damaged"},
		{"long pickle", zipped(t, "m/data.pkl", strings.Repeat("N", maxPickle+1)), "data.pkl has 4194305 bytes, want at most 4194304"},
		{"overlap", overlapping(t), "or overlapping entries"},
	} {
		assertRefused(t, c.name, c.file, c.want)
	}
}

func TestOtherFilesAreRefusedByWhatTheyAre(t *testing.T) {
	for _, c := range []struct {
		name, file, want string
	}{
		{"empty", "", "the file is empty"},
		{"text", "hello", "not a weight file: want safetensors or a .pth that torch.save wrote"},
		{"LFS", "version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer, not the file itself: fetch it with git lfs pull"},
	} {
		assertRefused(t, c.name, []byte(c.file), c.want)
	}
}

func TestOpenNamesThePath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.pth")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(path); err == nil || err.Error() != "reading weights "+path+": the file is empty" {
		t.Errorf("got %v", err)
	}
	if _, _, err := Open(filepath.Dir(path)); err == nil || err.Error() != "reading weights: "+filepath.Dir(path)+" is a folder, not a file" {
		t.Errorf("got %v", err)
	}
	if _, _, err := Open(path + "x"); err == nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func FuzzPth(f *testing.F) {
	addFiles(f, "mixed.pth", "views.pth", "checkpoint.pth")
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := NewFile(bytes.NewReader(b), int64(len(b)))
		if err != nil || file.Info().Format != PyTorchFormat {
			return
		}
		d, err := file.StateDict()
		if err != nil {
			return
		}
		total := 0
		for i, e := range file.Entries() {
			x, _ := d.Get(e.Name)
			total += len(x.Raw)
			if err := x.check(); err != nil || file.Entries()[i].Bytes != int64(len(x.Raw)) {
				t.Errorf("%s: %v", e.Name, err)
			}
		}
		if total > expansionFloor+maxExpansion*len(b) {
			t.Errorf("%d bytes from %d", total, len(b))
		}
	})
}

// zipped makes an uncompressed archive of pairs of name and content.
func zipped(t testing.TB, pairs ...string) []byte {
	t.Helper()
	return archived(t, zip.Store, pairs)
}

func deflated(t testing.TB, pairs ...string) []byte {
	t.Helper()
	return archived(t, zip.Deflate, pairs)
}

func archived(t testing.TB, method uint16, pairs []string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: pairs[i], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claiming sets the sizes of the first entry in the directory.
func claiming(file []byte, compressed, uncompressed int) []byte {
	b := bytes.Clone(file)
	at := bytes.Index(b, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(b[at+20:], uint32(compressed))
	binary.LittleEndian.PutUint32(b[at+24:], uint32(uncompressed))
	return b
}

// overlapping makes an archive whose two storages are the same bytes of the file.
func overlapping(t *testing.T) []byte {
	t.Helper()
	pkl := stateDict("a", tensor("0", 1024, 0, "K\x01", "K\x01"), "b", tensor("1", 1024, 0, "K\x01", "K\x01"))
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	raw := bytes.Repeat([]byte("x"), 4096)
	for _, e := range []struct {
		name string
		data []byte
	}{{"m/data.pkl", []byte(pkl)}, {"m/data/0", raw}, {"m/data/1", nil}} {
		w, err := z.CreateRaw(&zip.FileHeader{Name: e.name, CRC32: crc32.ChecksumIEEE(e.data), CompressedSize64: uint64(len(e.data)), UncompressedSize64: uint64(len(e.data))})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	out := b.Bytes()
	second := bytes.LastIndex(out, []byte("PK\x01\x02"))
	first := bytes.LastIndex(out[:second], []byte("PK\x01\x02"))
	copy(out[second+16:second+28], out[first+16:first+28]) // checksum and sizes
	copy(out[second+42:second+46], out[first+42:first+46]) // place
	return out
}

// The pieces of a pickle, as torch.save writes them.

func text(s string) string { return "X" + le32(len(s)) + s }

func number(n int) string { return "J" + le32(n) }

func le32(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }

// tensor pickles a float tensor; sizes and strides are pickled numbers.
func tensor(key string, numel, offset int, sizes, strides string) string {
	return fmt.Sprintf("ctorch._utils\n_rebuild_tensor_v2\n((%sctorch\nFloatStorage\n%s%s%stQ%s(%st(%st\x89ccollections\nOrderedDict\n)RtR",
		text("storage"), text(key), text("cpu"), number(numel), number(offset), sizes, strides)
}

// stateDict pickles a dict of pairs of name and pickled value.
func stateDict(pairs ...string) string {
	var b strings.Builder
	b.WriteString("\x80\x02}(")
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString(text(pairs[i]) + pairs[i+1])
	}
	return b.String() + "u."
}

package weights

import (
	"bytes"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPickledConstantsAreRead(t *testing.T) {
	huge, _ := new(big.Int).SetString("-18446744073709551616", 10)
	for _, c := range []struct {
		pickle string
		want   any
	}{
		{"N", nil}, {"\x88", true}, {"\x89", false}, {"K\xff", int64(255)}, {"M\x01\x02", int64(513)}, {"J\xfe\xff\xff\xff", int64(-2)},
		{"\x8a\x00", int64(0)}, {"\x8a\x01\xff", int64(-1)}, {"\x8a\x02\xff\x00", int64(255)},
		{"\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80", int64(math.MinInt64)}, {"\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\xff", huge},
		{"G\x3f\xe0\x00\x00\x00\x00\x00\x00", 0.5}, {text("é"), "é"},
	} {
		got, _, err := unpickle([]byte("\x80\x02"+c.pickle+"."), newStorage)
		if b, ok := c.want.(*big.Int); ok {
			if g, ok := got.(*big.Int); !ok || g.Cmp(b) != 0 {
				t.Errorf("%q: got %v, error %v, want %v", c.pickle, got, err, b)
			}
		} else if err != nil || got != c.want {
			t.Errorf("%q: got %v, error %v, want %v", c.pickle, got, err, c.want)
		}
	}
}

func TestPicklesThatWantCodeAreRefusedByName(t *testing.T) {
	for _, c := range []struct{ pickle, want string }{
		{"\x80\x02cos\nsystem\n" + text("rm -rf /") + "\x85R.", "refusing a file that wants to run os.system"},
		{"\x80\x02cposix\nsystem\n.", "wants to run posix.system"},
		{"\x80\x02c__builtin__\neval\n.", "wants to run __builtin__.eval"},
		{"\x80\x04\x8c\x02os\x8c\x06system\x93.", "wants to run os.system"},
		{stateDict("a", tensor("0", 4, 0, "K\x04", "K\x01"), "b", "csubprocess\nPopen\n"+text("sh")+"\x85R"), "wants to run subprocess.Popen"},
		{"\x80\x02ctorch\nload\n" + text("x") + "\x85R.", "the file holds an object of torch.load, want a state dict"},
		{"\x80\x02ctorch._utils\n_rebuild_sparse_tensor\n)R.", "the file holds an object of torch._utils._rebuild_sparse_tensor"},
		{"\x80\x02ctorchvision.models.resnet\nResNet\n)\x81.", "the file holds an object of torchvision.models.resnet.ResNet, want a state dict: torch.save(model.state_dict(), path)"},
		{"\x80\x02ccollections\nOrderedDict.__init__\n.", "the file holds collections.OrderedDict.__init__"},
		{"\x80\x02c\x1b[2J\nx\n.", `the file holds \x1b[2J.x`},
		{"\x80\x02cos\nsystem", "the pickle ends too early"},
	} {
		assertRefused(t, c.pickle, zipped(t, "m/data.pkl", c.pickle), c.want)
	}
}

func TestBrokenPicklesAreRefused(t *testing.T) {
	view := func(numel, offset int, sizes, strides string) string {
		return stateDict("a", tensor("0", numel, offset, sizes, strides))
	}
	const max63 = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"
	for _, c := range []struct{ name, pickle, want string }{
		{"empty", "", "data.pkl: at byte 0: the pickle ends too early"},
		{"no stop", "\x80\x02N", "the pickle ends too early"},
		{"short text", "\x80\x02X\xff\xff\xff\x7fab.", "the pickle ends too early"},
		{"protocol 1", "\x80\x01.", "pickle protocol 1 not supported: re-save it with torch.save and its default protocol"},
		{"unknown opcode", "\x80\x02\x99.", `opcode 0x99 is not one that torch.save writes`},
		{"object of no class", "\x80\x02K\x01)\x81.", "a number: not a class"},
		{"global of numbers", "\x80\x04K\x01K\x02\x93.", "a global named by a number and a number"},
		{"state of a number", "\x80\x02K\x01Nb.", "cannot set the state of a number"},
		{"items of a tuple", "\x80\x02)K\x01\x90.", "no mark"},
		{"instance", "\x80\x02(ios\nsystem\n.", "opcode 0x69 is not one"},
		{"empty stack", "\x80\x02.", "stack underflow"},
		{"below the mark", "\x80\x02K\x01(\x85.", "stack underflow"},
		{"no mark", "\x80\x02K\x01t.", "no mark"},
		{"memo", "\x80\x02h\x07.", "nothing in memo 7"},
		{"deep", "\x80\x02" + strings.Repeat("N", maxStack+1) + ".", "too large"},
		{"marks", "\x80\x02" + strings.Repeat("(", maxStack+1) + ".", "too large: more than 65536 marks"},
		{"memo of many", "\x80\x04N" + strings.Repeat("\x94", maxMemo+1) + ".", "too large: more than 524288 values in the memo"},
		{"not a dict", "\x80\x02K\x01K\x02K\x03s.", "cannot set items of a number"},
		{"half an item", "\x80\x02}(K\x01u.", "a key without a value"},
		{"not a list", "\x80\x02}K\x01a.", "cannot append to a dict"},
		{"not UTF-8", "\x80\x02X\x01\x00\x00\x00\xff.", "text is not UTF-8"},
		{"call of a number", "\x80\x02K\x01)R.", "a number: not a function"},
		{"call of a type", "\x80\x02ctorch\nFloatStorage\n)R.", "the file holds an object of torch.FloatStorage"},
		{"arguments", "\x80\x02ccollections\nOrderedDict\nK\x01R.", "arguments are a number, want a tuple"},
		{"dict of items", "\x80\x02ccollections\nOrderedDict\n]N\x86R.", "collections.OrderedDict: got 2 arguments, want none or a list of pairs"},
		{"tensor of nothing", "\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.", "got 0 arguments, want 4, 6 or 7"},
		{"parameter of nothing", "\x80\x02ctorch._utils\n_rebuild_parameter\nNNN\x87R.", "want a tensor, requires_grad and hooks"},
		{"persistent id", "\x80\x02K\x01Q.", "persistent id: got a number, want the five parts of a storage"},
		{"persistent module", "\x80\x02(" + text("module") + "NNNNtQ.", "want the five parts of a storage"},
		{"storage of a function", "\x80\x02(" + text("storage") + "ccollections\nOrderedDict\n" + text("0") + text("cpu") + "K\x01tQ.",
			"storage of collections.OrderedDict, key a text and length a number"},
		{"outside", view(4, 1, "K\x04", "K\x01"), "shape (4), strides [1] and offset 1 leave a storage of 4 elements"},
		{"strides outside", view(4, 0, "K\x02K\x02", "K\x03K\x01"), "leave a storage of 4 elements"},
		{"offset outside", view(4, 4, "", ""), "leave a storage"},
		{"negative stride", view(4, 3, "K\x02", number(-1)), "bad storage, offset, shape or strides"},
		{"negative size", view(4, 0, number(-1), "K\x01"), "bad storage"},
		{"negative offset", view(4, -1, "K\x01", "K\x01"), "bad storage"},
		{"negative storage", view(-1, 0, "K\x01", "K\x01"), "persistent id"},
		{"strides for another rank", view(4, 0, "K\x02", "K\x01K\x01"), "bad storage"},
		{"rank", view(4, 0, strings.Repeat("K\x01", 65), strings.Repeat("K\x01", 65)), "bad storage"},
		{"overflowing stride", view(4, 0, "K\x03", max63), "leave a storage"},
		{"overflowing strides", view(4, 1, "K\x02", max63), "leave a storage"},
		{"overflowing shape", view(4, 0, max63+max63, "K\x00K\x00"), "leave a storage"},
		{"endless expansion", view(4, 0, number(math.MaxInt32), "K\x00"), "tensors of more than"},
		{"a number", "\x80\x02K\x01.", "the file holds a number, want a state dict"},
		{"a tensor", "\x80\x02" + tensor("0", 4, 0, "K\x04", "K\x01") + ".", "the file holds a tensor, want a state dict"},
		{"a list of itself", "\x80\x02]q\x00h\x00a.", "the file holds a list, want a state dict"},
		{"a dict of itself", "\x80\x02}q\x00" + text("state_dict") + "h\x00s.", "no tensors in the file, nor under state_dict, model or the like; it has: state_dict"},
		{"no tensors", "\x80\x02}(" + text("epoch") + "K\x01" + text("optim") + "}u.", "it has: epoch, optim"},
	} {
		assertRefused(t, c.name, zipped(t, "m/data.pkl", c.pickle, "m/data/0", "0123456789abcdef"), c.want)
	}
}

// Tuples that double at each step describe 2^60 values in 200 bytes; none of them is walked.
func TestPicklesThatGrowWithoutBoundStaySmall(t *testing.T) {
	bomb := "\x80\x02)q\x00"
	for range 60 {
		bomb += "h\x00\x86q\x00"
	}
	assertRefused(t, "bomb", zipped(t, "m/data.pkl", bomb+"."), "the file holds a tuple")
}

func FuzzPickle(f *testing.F) {
	for _, name := range []string{"mixed", "views", "checkpoint"} {
		b, err := os.ReadFile(filepath.Join("testdata", name+".pth"))
		if err != nil {
			f.Fatal(err)
		}
		a, err := openArchive(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			f.Fatal(err)
		}
		pkl, err := a.read("data.pkl", maxPickle)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(pkl)
	}
	raw := strings.Repeat("0123456789abcdef", 64)
	f.Fuzz(func(t *testing.T, pkl []byte) {
		b := zipped(t, "m/data.pkl", string(pkl), "m/data/0", raw[:192], "m/data/1", raw[:96], "m/data/2", raw[:4])
		file, err := NewFile(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		if _, err := file.StateDict(); err != nil {
			t.Errorf("the directory was good, the data was not: %v", err)
		}
	})
}

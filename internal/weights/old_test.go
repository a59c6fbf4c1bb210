package weights

import (
	"archive/tar"
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestOlderFormatsHoldTheSameTensors(t *testing.T) {
	for _, c := range []struct {
		old, like string
		format    Format
	}{
		{"mixed-legacy", "mixed", LegacyFormat}, {"views-legacy", "views", LegacyFormat}, {"checkpoint-legacy", "checkpoint", LegacyFormat},
		{"views-tar", "views", TarFormat},
	} {
		got, info, err := Open(filepath.Join("testdata", c.old+".pth"))
		if err != nil {
			t.Fatal(err)
		}
		want, _, err := Open(filepath.Join("testdata", c.like+".pth"))
		if err != nil {
			t.Fatal(err)
		}
		if info.Format != c.format {
			t.Errorf("%s: format %s, want %s", c.old, info.Format, c.format)
		}
		assertEqual(t, got, want)
		if !maps.Equal(got.Metadata, want.Metadata) || !slices.Equal(got.Names(), want.Names()) {
			t.Errorf("%s: metadata %v, names %v", c.old, got.Metadata, got.Names())
		}
	}
}

func TestTarStoragesCanBePartsOfOthers(t *testing.T) {
	d, _, err := Open("testdata/parts-tar.pth")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float32{"base": {0, 1, 2, 3, 4, 5, 6, 7}, "part": {3, 4}, "half": {0, 1, 2}, "scalar": {7}} {
		x, _ := d.Get(name)
		if got, err := x.Float32s(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, error %v, want %v", name, got, err, want)
		}
	}
}

func TestCheckpointsOfTrainingScriptsAreReadWithoutTheirObjects(t *testing.T) {
	d, info, err := Open("testdata/wrapped.pth")
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"epoch": "7", "best_acc": "0.625", "hits": "-3"}; !maps.Equal(d.Metadata, want) {
		t.Errorf("metadata %v, want %v", d.Metadata, want)
	}
	want := []string{"args (argparse.Namespace)", "seen (__builtin__.set)", "rng (numpy._core.multiarray._reconstruct)", "shape (torch.Size)", "optimizer"}
	if info.Key != "net" || !slices.Equal(info.Skipped, want) {
		t.Errorf("info %+v, want skipped %q", info, want)
	}
	if names := d.Names(); len(names) != 7 || names[0] != "module.0.weight" {
		t.Errorf("names %v", names)
	}
}

func TestSqueezeNetIsTheSameInTheLegacyFormat(t *testing.T) {
	a, info, err := Open(shared(t, "weights/squeezenet1_1-legacy-format.pth"))
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := Open(shared(t, "weights/squeezenet1_1.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Format != LegacyFormat {
		t.Errorf("format %s", info.Format)
	}
	assertEqual(t, a, b)
}

// The first megabyte of a real file of 2017: whole but for its storages.
func TestTruncatedTarSaysSo(t *testing.T) {
	_, _, err := Open(shared(t, "samples/resnet18-5c106cde.pth.first-1MiB"))
	if err == nil || !strings.Contains(err.Error(), "storages has 46801661 bytes, but 1027584 are left in the file: truncated or damaged") {
		t.Errorf("got %v", err)
	}
}

// Its directory, the shapes and the pickled names are whole; the storages are made up here.
func TestTheTarOf2017DescribesResNet18(t *testing.T) {
	b, err := os.ReadFile(shared(t, "samples/resnet18-5c106cde.pth.first-1MiB"))
	if err != nil {
		t.Fatal(err)
	}
	f := &tarFile{r: bytes.NewReader(b), size: int64(len(b)), stores: map[int64]*storage{}, views: map[string]*view{}}
	_ = f.list()
	if _, err := f.records("tensors", func(args tuple, off int64) (int64, error) {
		id, _ := args[1].(int64)
		f.stores[id] = &storage{key: "x", dtype: F32, numel: 1 << 24}
		m := f.members["tensors"]
		rank, err := readInt64(f.r, m.at+off, f.size)
		return off + 8 + 8*(2*(rank&0xff)+1), err
	}); err != nil {
		t.Fatal(err)
	}
	if err := f.readTensors(); err != nil {
		t.Fatal(err)
	}
	object, _, err := f.unpickle("pickle", 0, maxPickle, f.persistent)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := object.(*dict)
	if d == nil || len(d.keys) != 102 {
		t.Fatalf("%s", describe(object))
	}
	for name, want := range map[string][]int{"conv1.weight": {64, 3, 7, 7}, "bn1.running_var": {64}, "layer4.1.conv2.weight": {512, 512, 3, 3}, "fc.weight": {1000, 512}} {
		if v, ok := asView(d.values[name]); !ok || !slices.Equal(v.shape, want) {
			t.Errorf("%s: %+v, want %v", name, v, want)
		}
	}
}

// The best accuracy of PyTorch's own ImageNet example is a tensor beside the state dict.
func TestTheStateDictIsFoundWhereItIs(t *testing.T) {
	one := tensor("0", 1, 0, "K\x01", "K\x01")
	in := func(pairs ...string) string { return "}(" + strings.Join(pairs, "") + "u" }
	for _, c := range []struct{ pickle, key, names string }{
		{in(text("a"), one), "", "a"},
		{in(text("best"), one, text("state_dict"), in(text("a"), one)), "state_dict", "a"},
		{in(text("model"), in(text("a"), one), text("net"), in(text("b"), one)), "model", "a"},
		{in(text("model"), in(text("lr"), "K\x01"), text("net"), in(text("b"), one)), "net", "b"},
		{in(text("model"), in(text("net"), in(text("c"), one), text("epoch"), "K\x02")), "model.net", "c"},
		{in(text("weights"), in(text("a"), "K\x01"), text("b"), one), "", "b"},
		{in(text("state_dict"), in()), "state_dict", ""},
		{in(), "", ""},
	} {
		b := zipped(t, "m/data.pkl", "\x80\x02"+c.pickle+".", "m/data/0", "abcd")
		f, err := NewFile(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Errorf("%q: %v", c.pickle, err)
			continue
		}
		var names []string
		for _, e := range f.Entries() {
			names = append(names, e.Name)
		}
		if f.Info().Key != c.key || strings.Join(names, " ") != c.names {
			t.Errorf("%q: %s under %q, want %s under %q", c.pickle, names, f.Info().Key, c.names, c.key)
		}
	}
}

// What Python 2 writes: an OrderedDict from a list of pairs, names as byte strings, a number of
// numpy.
func TestPicklesOfPython2AreRead(t *testing.T) {
	one := tensor("0", 1, 0, "K\x01", "K\x01")
	pkl := "\x80\x02}(U\x05epochK\x03U\x04best" +
		"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(U\x02f4K\x00K\x01tR(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tbU\x04\x00\x00\x80\xbftR" +
		"U\x0astate_dictccollections\nOrderedDict\n(](](U\x01a" + one + "e](U\x01b" + one + "eetRu."
	b := zipped(t, "m/data.pkl", pkl, "m/data/0", "abcd")
	f, err := NewFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if e := f.Entries(); len(e) != 2 || e[0].Name != "a" || e[1].Name != "b" {
		t.Errorf("entries %+v", e)
	}
	if want := map[string]string{"epoch": "3", "best": "-1"}; !maps.Equal(f.Metadata(), want) {
		t.Errorf("metadata %v, want %v", f.Metadata(), want)
	}
}

// Pickle protocols 4 and 5 as pickle.dumps writes them.
func TestPicklesOfProtocols4And5AreRead(t *testing.T) {
	for _, p := range []string{
		"\x80\x04\x95\x14\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94K\x01\x8c\x01b\x94h\x01\x8c\x01c\x94\x8c\x08argparse\x94\x8c\x09Namespace\x94\x93\x94)\x81\x94u.",
		"\x80\x05}\x94(\x8c\x01a\x94K\x01\x8c\x01b\x94h\x01\x8c\x01c\x94\x8f\x94(C\x01x\x94\x90u.",
	} {
		v, n, err := unpickle([]byte(p), noPersistent)
		d, ok := v.(*dict)
		if err != nil || !ok || n != len(p) || d.values["a"] != any(int64(1)) || d.values["b"] != any("a") {
			t.Errorf("%q: %v %v, %d of %d bytes, error %v", p, v, d, n, len(p), err)
			continue
		}
		if _, ok := d.values["c"].(*opaque); !ok {
			t.Errorf("%q: c is %v", p, d.values["c"])
		}
	}
}

func TestBrokenLegacyFilesAreRefused(t *testing.T) {
	const head = "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."
	const system = "\x80\x02}."
	store := func(kind, rest string) string {
		return "(" + text("storage") + "ctorch\n" + kind + "\n" + text("0") + text("cpu") + "K\x02" + rest + "tQ"
	}
	object := func(s string) string {
		return "\x80\x02}" + text("a") + "ctorch._utils\n_rebuild_tensor_v2\n(" + s + "K\x00(K\x02t(K\x01t\x89ccollections\nOrderedDict\n)RtRs."
	}
	good := object(store("FloatStorage", "N"))
	keys := "\x80\x02](" + text("0") + "e."
	two := "\x02\x00\x00\x00\x00\x00\x00\x00"
	for _, c := range []struct{ name, file, want string }{
		{"another pickle", "\x80\x02K\x01.", "a pickle that torch.save did not write"},
		{"version", head[:len(head)-3] + "\x01\x00.", "legacy format of version 1, want 1001"},
		{"big endian", head + "\x80\x02}" + text("little_endian") + "\x89s.", "byte order big not supported"},
		{"system", head + "\x80\x02N.", "the system information is None, want a dict"},
		{"ends", head + system, "object: at byte 0: the pickle ends too early"},
		{"no keys", head + system + good, "storage keys: at byte 0: the pickle ends too early"},
		{"keys", head + system + good + "\x80\x02N.", "no list of storage keys"},
		{"unknown key", head + system + good + "\x80\x02](" + text("1") + "e.", "storage key a text, which no tensor has"},
		{"no storage", head + system + good + keys, "storage 0: the file ends before it: truncated or damaged"},
		{"short storage", head + system + good + keys + two + "1234567", "storage 0 of 2 elements of F32, but 7 bytes are left in the file"},
		{"huge storage", head + system + good + keys + "\xff\xff\xff\xff\xff\xff\xff\x7f12345678", "storage 0 of 9223372036854775807 elements"},
		{"negative storage", head + system + good + keys + "\xff\xff\xff\xff\xff\xff\xff\xff12345678", "storage 0 of -1 elements"},
		{"another length", head + system + good + keys + "\x01\x00\x00\x00\x00\x00\x00\x001234", "a: storage of 2 elements of F32, but the file has 4 bytes for it"},
		{"twice", head + system + good + "\x80\x02](" + text("0") + text("0") + "e." + two + "12345678" + two + "12345678", "storage 0 comes twice"},
		{"never listed", head + system + good + "\x80\x02].", "a: no storage 0 in the file"},
		{"part outside", head + system + object(store("FloatStorage", "(K\x01K\x01K\x02t")) + keys, "storage 0: a part from 1 of length 2 leaves its 2 elements"},
		{"code", head + system + "\x80\x02cos\nsystem\n.", "refusing a file that wants to run os.system"},
	} {
		assertRefused(t, c.name, []byte(c.file), c.want)
	}
	assertEntry(t, head+system+good+keys+two+"12345678", "12345678")
	assertEntry(t, head+system+object(store("FloatStorage", "("+text("v")+"K\x00K\x02t"))+keys+two+"12345678", "12345678")
}

func assertEntry(t *testing.T, file, raw string) {
	t.Helper()
	f, err := NewFile(strings.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if x, err := f.Tensor(0); err != nil || string(x.Raw) != raw {
		t.Errorf("got %q, error %v, want %q", x.Raw, err, raw)
	}
}

func TestBrokenTarsAreRefused(t *testing.T) {
	members := func() [][2]string {
		return [][2]string{
			{"sys_info", "\x80\x02}."},
			{"storages", "\x80\x02K\x01.\x80\x02K\x07" + text("cpu") + "ctorch\nFloatStorage\n\x87.\x02\x00\x00\x00\x00\x00\x00\x0012345678\x80\x02]."},
			{"tensors", "\x80\x02K\x01.\x80\x02K\x09K\x07ctorch\nFloatTensor\n\x87.\x01\x00\x00\x00zzzz" +
				"\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
			{"pickle", "\x80\x02}" + text("a") + text("9") + "Qs."},
		}
	}
	assertEntry(t, string(tarred(t, members())), "12345678")
	with := func(i int, old, repl string) []byte {
		m := members()
		if !strings.Contains(m[i][1], old) {
			t.Fatalf("%q not in member %d", old, i)
		}
		m[i][1] = strings.Replace(m[i][1], old, repl, 1)
		return tarred(t, m)
	}
	whole := tarred(t, members())
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"no members", tarred(t, nil), "tar archive: no member sys_info"},
		{"another tar", tarred(t, [][2]string{{"../../etc/passwd", "x"}}), "no member sys_info"},
		{"twice", tarred(t, append(members(), members()[0])), "sys_info comes twice"},
		{"truncated", whole[:1584], "tar archive: storages has 59 bytes, but 48 are left in the file: truncated or damaged"},
		{"cut between members", whole[:2048], "no member tensors: not a file of torch.save, or truncated"},
		{"many storages", with(1, "K\x01.", "J\xff\xff\xff\x7f."), "their number is 2147483647"},
		{"storage type", with(1, "FloatStorage", "WeirdStorage"), "key a number of type torch.WeirdStorage"},
		{"long storage", with(1, "\x02\x00\x00", "\xff\xff\x0f"), "storage 7 of 1048575 elements"},
		{"storage past its member", with(1, "\x02\x00\x00", "\x00\x01\x00"), "storage 7 leaves the member"},
		{"part of nothing", with(1, "].", "](K\x01K\x02K\x00K\x01ta."), "a part of storage 2, which the file lacks"},
		{"tensor of nothing", with(2, "K\x09K\x07", "K\x09K\x08"), "tensor 9 of storage 8, which the file lacks"},
		{"axes", with(2, "\x01\x00\x00\x00zzzz", "\xff\x00\x00\x00zzzz"), "tensor 9 has 255 axes"},
		{"axes beyond the member", with(2, "\x01\x00\x00\x00zzzz", "\x02\x00\x00\x00zzzz"), "the member ends too early"},
		{"outside", with(2, "zzzz\x02", "zzzz\x03"), "tensor 9: shape (3), strides [1] and offset 0 leave a storage of 2 elements"},
		{"negative", with(2, "zzzz\x02\x00\x00\x00\x00\x00\x00\x00", "zzzz\xff\xff\xff\xff\xff\xff\xff\xff"), "tensor 9: bad storage, offset, shape or strides"},
		{"no such tensor", with(3, "\x009", "\x008"), "pickle: at byte 0: at byte 16: persistent id: tensor 8, which the file lacks"},
	} {
		assertRefused(t, c.name, c.file, c.want)
	}
}

func tarred(t testing.TB, members [][2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: m[0], Size: int64(len(m[1])), Mode: 0o644, Format: tar.FormatUSTAR}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(m[1])); err != nil {
			t.Fatal(err)
		}
	}
	if len(members) == 0 { // a tar of nothing has no magic to be known by
		if err := w.WriteHeader(&tar.Header{Name: "x", Format: tar.FormatUSTAR}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzLegacy(f *testing.F) {
	fuzzOld(f, LegacyFormat, "mixed-legacy.pth", "views-legacy.pth", "checkpoint-legacy.pth")
}

func FuzzTar(f *testing.F) { fuzzOld(f, TarFormat, "views-tar.pth", "parts-tar.pth") }

// fuzzOld wants an error or tensors that are what the directory says, in memory bounded by the
// file's size.
func fuzzOld(f *testing.F, format Format, seeds ...string) {
	addFiles(f, seeds...)
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := NewFile(bytes.NewReader(b), int64(len(b)))
		if err != nil || file.Info().Format != format {
			return
		}
		d, err := file.StateDict()
		if err != nil {
			t.Fatalf("the directory was good, the data was not: %v", err)
		}
		total := 0
		for _, e := range file.Entries() {
			x, _ := d.Get(e.Name)
			total += len(x.Raw)
			if err := x.check(); err != nil || e.Bytes != int64(len(x.Raw)) {
				t.Errorf("%s: %v", e.Name, err)
			}
		}
		if total > expansionFloor+maxExpansion*len(b) {
			t.Errorf("%d bytes from %d", total, len(b))
		}
	})
}

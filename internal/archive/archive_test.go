package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// entry is one of an archive that a test makes.
type entry struct {
	name, text string
	kind       byte // of tar; 0 is a file
	link       string
}

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Mode: 0o7777,
			Size: int64(len(e.text))}
		if e.kind == tar.TypeXGlobalHeader {
			h = &tar.Header{Typeflag: e.kind, PAXRecords: map[string]string{"comment": "x"}}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(t testing.TB, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(raw)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.kind == tar.TypeSymlink {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// enough are limits that no test reaches by accident.
var enough = Options{Limits: Limits{Files: 100, Bytes: 1 << 20}}

// unpack unpacks raw into the folder in of a new folder, and gives the texts of all files there.
func unpack(t testing.TB, raw []byte, o Options) (*Unpacked, map[string]string, error) {
	t.Helper()
	top := t.TempDir()
	file, dir := filepath.Join(top, "archive"), filepath.Join(top, "in")
	if err := errors.Join(os.WriteFile(file, raw, 0o600), os.Mkdir(dir, 0o700)); err != nil {
		t.Fatal(err)
	}
	done, err := Unpack(t.Context(), file, dir, o)
	texts := map[string]string{}
	walk := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == file {
			return err
		}
		if !d.Type().IsRegular() {
			t.Errorf("%s is no file", path)
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		texts[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if walk != nil {
		t.Fatal(walk)
	}
	return done, texts, err
}

func TestArchivesOfEachKindAreUnpacked(t *testing.T) {
	entries := []entry{{name: "set/", kind: tar.TypeDir}, {name: "set/a.txt", text: "a"},
		{name: "./set/sub/b", text: "bb"}}
	plain := []entry{{name: "set/a.txt", text: "a"}, {name: "set/sub/b", text: "bb"}}
	for name, raw := range map[string][]byte{
		"tar": tarOf(t, entries...), "tar.gz": gzipOf(t, tarOf(t, entries...)),
		"zip": zipOf(t, plain...),
		"git": gzipOf(t, tarOf(t, append([]entry{{kind: tar.TypeXGlobalHeader}}, entries...)...)),
	} {
		t.Run(name, func(t *testing.T) {
			o := enough
			var last, total int64
			o.Progress = func(done, size int64) { last, total = done, size }
			done, texts, err := unpack(t, raw, o)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(map[string]string{"set/a.txt": "a", "set/sub/b": "bb"},
				texts); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(&Unpacked{Files: 2, Bytes: 3}, done); d != "" {
				t.Error(d)
			}
			if total != int64(len(raw)) || last <= 0 || last > total {
				t.Errorf("progress %d of %d, want of %d", last, total, len(raw))
			}
		})
	}
}

func TestFilesGoWhereTheyBelongOrAreLeftOut(t *testing.T) {
	o := enough
	o.Place = func(name string) (string, bool) {
		rest, ok := strings.CutPrefix(name, "v1/images/")
		return "CUB/" + rest, ok
	}
	done, texts, err := unpack(t,
		tarOf(t, entry{name: "v1/images/x/a.jpg", text: "a"},
			entry{name: "v1/LICENSE", text: "l"}), o)
	if d := cmp.Diff(map[string]string{"CUB/x/a.jpg": "a"}, texts); d != "" || err != nil ||
		done.LeftOut != 1 {
		t.Errorf("%+v, error %v, %s", done, err, d)
	}
	o.Place = func(string) (string, bool) { return "../x", true }
	if _, texts, err := unpack(t, tarOf(t, entry{name: "a"}), o); !errors.Is(err, errName) ||
		len(texts) > 0 {
		t.Errorf("%v, error %v", texts, err)
	}
}

func TestProgramsCanBeRunWhereThatIsWanted(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, mode := range map[string]fs.FileMode{"program": 0o744, "text": 0o644} {
		h := &zip.FileHeader{Name: name}
		h.SetMode(mode)
		if _, err := z.CreateHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, programs := range []bool{true, false} {
		o, dir := enough, t.TempDir()
		o.Programs = programs
		if _, err := Unpack(t.Context(), file, dir, o); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]bool{"program": programs, "text": false} {
			st, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if runs := st.Mode()&0o100 != 0; runs != want && runtime.GOOS != "windows" {
				t.Errorf("%s with Programs %v has mode %v", name, programs, st.Mode())
			}
		}
	}
}

func TestNoEntryLeavesTheFolder(t *testing.T) {
	for _, name := range []string{
		"../a", "a/../../b", "/etc/a", "..", "a/..", "..\\a", "C:\\a", "a\x00b", "", "/", "a/../b",
		strings.Repeat("d/", 100) + "a", strings.Repeat("n", 5000),
	} {
		if _, err := clean(name); !errors.Is(err, errName) {
			t.Errorf("%.20q: error %v", name, err)
		}
	}
	for _, name := range []string{"../a", "/a", "x/../../a"} {
		for kind, raw := range map[string][]byte{
			"tar": tarOf(t, entry{name: name, text: "x"}),
			"zip": zipOf(t, entry{name: name, text: "x"}),
		} {
			if _, texts, err := unpack(t, raw, enough); !errors.Is(err, errName) || len(texts) > 0 {
				t.Errorf("%s with %s: %v, error %v", kind, name, texts, err)
			}
		}
	}
}

// A link could lead anywhere, and what comes after it through the link.
func TestLinksAndDevicesAreNeverMade(t *testing.T) {
	outside := t.TempDir()
	for name, raw := range map[string][]byte{
		"tar": tarOf(t,
			entry{name: "l", kind: tar.TypeSymlink, link: outside},
			entry{name: "h", kind: tar.TypeLink, link: "l"},
			entry{name: "p", kind: tar.TypeFifo}, entry{name: "d", kind: tar.TypeBlock},
			entry{name: "l/a", text: "a"}),
		"zip": zipOf(t, entry{name: "l", kind: tar.TypeSymlink, text: outside},
			entry{name: "l/a", text: "a"}),
	} {
		done, texts, err := unpack(t, raw, enough)
		if d := cmp.Diff(map[string]string{"l/a": "a"}, texts); d != "" || err != nil ||
			done.Links == 0 {
			t.Errorf("%s: %+v, error %v, %s", name, done, err, d)
		}
		if left, _ := os.ReadDir(outside); len(left) > 0 {
			t.Errorf("%s wrote %v", name, left)
		}
	}
}

// Something may have put a link into the folder before.
func TestALinkThatIsThereIsNotFollowed(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "l")); err != nil {
		t.Skip("no links here:", err)
	}
	file := filepath.Join(outside, "archive")
	if err := os.WriteFile(file, tarOf(t, entry{name: "l/a", text: "a"}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Unpack(t.Context(), file, dir, enough); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(filepath.Join(outside, "a")); err == nil {
		t.Error("a file was written through a link")
	}
}

func TestArchivesAreBounded(t *testing.T) {
	zeros := strings.Repeat("\x00", 1<<20)
	many := make([]entry, 101)
	for i := range many {
		many[i] = entry{name: strings.Repeat("x", i+1)}
	}
	few := Options{Limits: Limits{Files: 10, Bytes: 1 << 10}}
	none := few
	none.Place = func(string) (string, bool) { return "", false }
	for name, c := range map[string]struct {
		raw  []byte
		o    Options
		want error
	}{
		"tar bomb": {gzipOf(t, tarOf(t, entry{name: "a", text: zeros})), few, errLarge},
		"zip bomb": {zipOf(t, entry{name: "a", text: zeros}), few, errLarge},
		"left-out bomb": {gzipOf(t,
			tarOf(t, entry{name: "a", text: zeros}, entry{name: "b", text: zeros})), none,
			errLarge},
		"exactly enough": {zipOf(t, entry{name: "a", text: zeros[:1<<10]}), few, nil},
		"many, tar":      {tarOf(t, many...), enough, errMany},
		"many, zip":      {zipOf(t, many...), enough, errMany},
		"twice":          {tarOf(t, entry{name: "a"}, entry{name: "./a"}), few, errTwice},
		"neither":        {[]byte("no archive, whatever its name"), few, ErrKind},
		"empty":          {nil, few, ErrKind},
	} {
		if _, _, err := unpack(t, c.raw, c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
}

// The list of a zip's files is held in memory before the first one is seen.
func TestALongListOfAZipIsRefusedBeforeItIsRead(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for range 40 {
		_, err := w.CreateHeader(&zip.FileHeader{Name: strings.Repeat("n", 1<<15),
			Comment: strings.Repeat("c", 1<<15)})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := unpack(t, b.Bytes(),
		Options{Limits: Limits{Files: 10, Bytes: 1}}); !errors.Is(err, errMany) {
		t.Errorf("error %v", err)
	}
}

func TestDamageIsAnError(t *testing.T) {
	raw := gzipOf(t, tarOf(t, entry{name: "a", text: strings.Repeat("abc", 1000)}))
	broken := bytes.Clone(raw)
	broken[len(raw)-6]++ // gzip's checksum, behind the last file
	noted := zipOf(t, entry{name: "a", text: "text"})
	noted[bytes.Index(noted, []byte("PK\x01\x02"))+16]++ // the checksum of the file
	for name, raw := range map[string][]byte{
		"truncated": raw[:len(raw)/2], "end lost": raw[:len(raw)-9], "checksum": broken,
		"zip":        noted,
		"empty gzip": raw[:10],
	} {
		if _, _, err := unpack(t, raw, enough); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestUnpackingEndsWithItsContext(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(file, tarOf(t, entry{name: "a", text: "a"}), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Unpack(ctx, file, t.TempDir(), enough); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(tarOf(f, entry{name: "set/a", text: "a"},
		entry{name: "l", kind: tar.TypeSymlink, link: "/"}))
	f.Add(gzipOf(f, tarOf(f, entry{name: "../a", text: "a"})))
	f.Add(zipOf(f, entry{name: "set/a", text: "a"}, entry{name: "..\\b", text: "b"}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o := Options{Limits: Limits{Files: 5, Bytes: 1000}}
		done, texts, err := unpack(t, raw, o)
		total := 0
		for name, text := range texts {
			if total += len(text); !filepath.IsLocal(name) {
				t.Errorf("%s was written", name)
			}
		}
		if total > 1000 || len(texts) > 5 || err == nil &&
			(done.Files != len(texts) || done.Bytes != int64(total)) {
			t.Errorf("%+v, but %d files of %d bytes", done, len(texts), total)
		}
	})
}

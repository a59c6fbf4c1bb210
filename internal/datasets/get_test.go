package datasets

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acol/internal/filelock"
	"acol/internal/hub"
)

// archiveOf is a tar.gz of files with one text each.
func archiveOf(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, name := range names {
		err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(name))})
		_, werr := w.Write([]byte(name))
		if err = errors.Join(err, werr); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// birds is a set of two archives, of which one has a known hash, and a server that has both.
func birds(t *testing.T) (s *Set, o Options, asked *atomic.Int32) {
	t.Helper()
	images := archiveOf(t, "v1/images/a/1.jpg", "v1/images/b/2.jpg", "v1/README")
	lists := archiveOf(t, "repo-1/metadata/train.txt", "repo-1/metadata/test.txt", "repo-1/other")
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		b, ok := map[string][]byte{"images.tgz": images, "lists.tgz": lists}[path.Base(r.URL.Path)]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	}))
	t.Cleanup(server.Close)
	s = &Set{Name: "birds", Makes: []string{"birds/images", "metadata/birds"}, Parts: []Part{
		{
			Archive: hub.Archive{
				Name: "images.tgz", Address: server.URL + "/images.tgz", Owner: "Somebody",
				Bytes: int64(len(images)), SHA256: fmt.Sprintf("%x", sha256.Sum256(images)),
			},
			Moves: []Move{{"v1/images", "birds/images"}}, Files: 10, Unpacked: 1000,
		},
		{
			Archive: hub.Archive{Name: "lists.tgz", Address: server.URL + "/lists.tgz",
				Owner: "GitHub", Most: 1 << 20},
			Moves: []Move{{"*/metadata", "metadata/birds"}}, Files: 10, Unpacked: 1000,
		},
	}}
	return s, Options{Dir: filepath.Join(t.TempDir(), "data")}, asked
}

// below lists the files below a folder.
func below(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			files = append(files, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestASetIsFetchedCheckedAndPutInPlace(t *testing.T) {
	s, o, asked := birds(t)
	var steps []string
	o.Begin = func(what string, p *Part) { steps = append(steps, what+" "+p.Name) }
	r, err := s.Get(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"birds/images/a/1.jpg", "birds/images/b/2.jpg", "lists.tgz.sha256",
		"metadata/birds/test.txt", "metadata/birds/train.txt",
	}
	if d := cmp.Diff(want, below(t, o.Dir)); d != "" {
		t.Error(d)
	}
	if text, err := os.ReadFile(filepath.Join(o.Dir,
		"birds/images/a/1.jpg")); string(text) != "v1/images/a/1.jpg" {
		t.Errorf("%q, error %v", text, err)
	}
	made := []string{filepath.Join(o.Dir, "birds/images"), filepath.Join(o.Dir, "metadata/birds")}
	if !slices.Equal(r.Made, made) || len(r.There) > 0 || len(r.Noted) != 1 || len(r.Kept) > 0 {
		t.Errorf("%+v", r)
	}
	if d := cmp.Diff([]string{"fetching images.tgz", "unpacking images.tgz", "fetching lists.tgz",
		"unpacking lists.tgz"}, steps); d != "" {
		t.Error(d)
	}
	pin, err := os.ReadFile(r.Noted[0].Pin)
	if string(pin) != r.Noted[0].SHA256+"  lists.tgz\n" || err != nil {
		t.Errorf("noted %q, error %v", pin, err)
	}

	// What is there is not fetched again; what is missing alone is.
	before := asked.Load()
	if r, err := s.Get(t.Context(), o); err != nil || len(r.There) != 2 || len(r.Made) > 0 ||
		asked.Load() != before {
		t.Errorf("%+v, error %v", r, err)
	}
	if err := os.RemoveAll(made[1]); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Get(t.Context(), o); err != nil || !slices.Equal(r.Made, made[1:]) ||
		asked.Load() != before+1 || len(r.Noted) > 0 {
		t.Errorf("%+v, error %v", r, err)
	}
}

// An archive without a published hash is compared with the one that came first.
func TestALaterArchiveMustBeTheFirstOne(t *testing.T) {
	s, o, _ := birds(t)
	if err := os.MkdirAll(o.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	pin := filepath.Join(o.Dir, "lists.tgz.sha256")
	other := strings.Repeat("0", 64)
	if err := writePin(pin, other, "lists.tgz"); err != nil {
		t.Fatal(err)
	}
	_, err := s.Get(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "want it to begin with "+other) ||
		!strings.Contains(err.Error(), "whose hash is in "+pin) {
		t.Errorf("error %v", err)
	}
	if d := cmp.Diff([]string{"images.tgz", "lists.tgz.sha256"}, below(t, o.Dir)); d != "" {
		t.Errorf("the archive that came is kept, and nothing is half there: %s", d)
	}
	for text, want := range map[string]string{"": "64 digits", "abc": "64 digits",
		strings.Repeat("a", 65): "64 digits"} {
		if err := os.WriteFile(pin, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

func TestWhatUnpacksToSomethingElseLeavesNothingBehind(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Set)
		want   string
	}{
		"no such folder": {func(s *Set) { s.Parts[0].Moves[0].From = "v2" },
			"the archives of birds hold no birds/images"},
		"too many": {func(s *Set) { s.Parts[0].Files = 1 }, "more files than it should"},
		"too large": {func(s *Set) { s.Parts[1].Unpacked = 1 },
			"more bytes than it should: over 2; remove the file to fetch it anew"},
	} {
		t.Run(name, func(t *testing.T) {
			s, o, _ := birds(t)
			c.change(s)
			if _, err := s.Get(t.Context(), o); err == nil ||
				!strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
			for _, f := range below(t, o.Dir) {
				if !strings.HasPrefix(f, "images.tgz") && !strings.HasPrefix(f, "lists.tgz") {
					t.Errorf("%s is left", f)
				}
			}
		})
	}
}

func TestAnArchiveThatIsThereIsTakenAndStays(t *testing.T) {
	s, o, asked := birds(t)
	o.Keep = true
	if _, err := s.Get(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	before := asked.Load()
	for _, dir := range []string{"birds", "metadata"} {
		if err := os.RemoveAll(filepath.Join(o.Dir, dir)); err != nil {
			t.Fatal(err)
		}
	}
	o.Keep = false
	r, err := s.Get(t.Context(), o)
	want := []string{filepath.Join(o.Dir, "images.tgz"), filepath.Join(o.Dir, "lists.tgz")}
	if err != nil || asked.Load() != before || !slices.Equal(r.Kept, want) {
		t.Errorf("%+v after %d requests more, error %v", r, asked.Load()-before, err)
	}
}

func TestArchivesThatWantABrowserAreAskedForBeforeAnythingIsFetched(t *testing.T) {
	s, o, asked := birds(t)
	s.Parts[1].Address, s.Parts[1].Page = "", "https://example.org/lists"
	_, err := s.Get(t.Context(), o)
	var hand *ByHandError
	if !errors.As(err, &hand) || asked.Load() > 0 {
		t.Fatalf("error %v after %d requests", err, asked.Load())
	}
	if hint := hand.Hint(); !strings.Contains(hint,
		"https://example.org/lists as "+filepath.Join(o.Dir, "lists.tgz")) {
		t.Errorf("hint %s", hint)
	}
	imagenet, _ := Find("ImageNet")
	if _, err := imagenet.Get(t.Context(), o); err == nil ||
		!strings.Contains(err.Error(), "register at") {
		t.Errorf("error %v", err)
	}
}

func TestAMirrorHasTheSameNames(t *testing.T) {
	s, o, asked := birds(t)
	o.Mirror = strings.TrimSuffix(s.Parts[0].Address, "/images.tgz") + "/mirror/"
	for i := range s.Parts {
		s.Parts[i].Address = "https://127.0.0.1:1/nowhere"
	}
	if _, err := s.Get(t.Context(), o); err != nil || asked.Load() != 2 {
		t.Errorf("%d requests, error %v", asked.Load(), err)
	}
}

func TestTwoProgramsDoNotGetASetAtOnce(t *testing.T) {
	s, o, _ := birds(t)
	if err := os.MkdirAll(o.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	unlock, err := lock(filepath.Join(o.Dir, ".acol-get-birds.lock"), "data set")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), o); !errors.Is(err, filelock.ErrHeld) {
		t.Errorf("error %v", err)
	}
	unlock()
	if _, err := s.Get(t.Context(), o); err != nil {
		t.Error(err)
	}
}

func TestGettingEndsWithItsContext(t *testing.T) {
	s, o, _ := birds(t)
	ctx, cancel := context.WithCancel(t.Context())
	o.Begin = func(what string, _ *Part) {
		if what == Unpacking {
			cancel()
		}
	}
	if _, err := s.Get(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if d := cmp.Diff([]string{"images.tgz"}, below(t, o.Dir)); d != "" {
		t.Error(d)
	}
}

func TestADiskThatIsTooSmallIsToldBefore(t *testing.T) {
	s, o, asked := birds(t)
	s.Parts[0].Unpacked = 1 << 60
	if _, known := freeBytes(t.TempDir()); !known {
		t.Skip("nobody says how large the disk is here")
	}
	if _, err := s.Get(t.Context(), o); err == nil ||
		!strings.Contains(err.Error(), "has room for") || asked.Load() > 0 {
		t.Errorf("error %v", err)
	}
}

// The table is written by hand.
func TestTheTableIsSound(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range All() {
		for _, name := range append([]string{s.Name}, s.Aliases...) {
			if seen[name] || name != strings.ToLower(name) {
				t.Errorf("%s: the name %s", s.Name, name)
			}
			if seen[name] = true; name == "" {
				t.Errorf("a set without a name")
			}
		}
		if s.About == "" || s.Licence == "" || !strings.Contains(s.Terms, "://") ||
			(s.ByHand == "") != (len(s.Parts) > 0) {
			t.Errorf("%s: about %q, licence %q, terms %q, %d parts", s.Name, s.About, s.Licence,
				s.Terms, len(s.Parts))
		}
		for _, p := range s.Parts {
			known := p.Bytes > 0 && regexp.MustCompile("^[0-9a-f]{64}$").MatchString(p.SHA256)
			if !known && (p.Bytes != 0 || p.SHA256 != "" || p.Most == 0) {
				t.Errorf("%s: %d bytes, hash %s, most %d", p.Name, p.Bytes, p.SHA256, p.Most)
			}
			if p.Address != "" && !strings.HasPrefix(p.Address, "https://") ||
				(p.Address == "") == (p.Page == "") {
				t.Errorf("%s: address %q, page %q", p.Name, p.Address, p.Page)
			}
			if p.Files == 0 || p.Unpacked < p.Bytes*9/10 || p.Owner == "" ||
				filepath.Base(p.Name) != p.Name {
				t.Errorf("%s: %d files, %d bytes unpacked", p.Name, p.Files, p.Unpacked)
			}
			for _, m := range p.Moves {
				if !slices.Contains(s.Makes, m.To) {
					t.Errorf("%s: %s is no folder of %s", p.Name, m.To, s.Name)
				}
			}
		}
	}
	if _, ok := Find("CUB"); !ok {
		t.Error("no CUB")
	}
	if _, ok := Find("none"); ok {
		t.Error("a set of no name")
	}
}

func TestFilesOfASetGoWhereItsReadersLook(t *testing.T) {
	for _, c := range []struct{ set, archive, file, want string }{
		{"cub", "CUB_200_2011.tgz", "CUB_200_2011/images/a/1.jpg", "CUB_200_2011/images/a/1.jpg"},
		{"cub", "CUB_200_2011.tgz", "attributes.txt", ""},
		{"cubv2", "CUB_200_2011.tgz", "CUB_200_2011/images/a/1.jpg", "CUB/a/1.jpg"},
		{"cubv2", "CUB_200_2011.tgz", "CUB_200_2011/images.txt", ""},
		{"cubv2", "CUBV2.tar", "a/2.jpg", "CUB/a/2.jpg"},
		{"voc2012", "VOCtrainval_11-May-2012.tar", "VOCdevkit/VOC2012/JPEGImages/1.jpg",
			"VOCdevkit/VOC2012/JPEGImages/1.jpg"},
		{"voc2007", "VOCtest_06-Nov-2007.tar", "VOCdevkit/VOC2007/ImageSets/Main/test.txt",
			"VOCdevkit/VOC2007/ImageSets/Main/test.txt"},
		{"coco2017", "val2017.zip", "val2017/1.jpg", "coco/val2017/1.jpg"},
		{"coco2017", "annotations_trainval2017.zip", "annotations/instances_val2017.json",
			"coco/annotations/instances_val2017.json"},
		{"openimages", "OpenImages_images.zip", "train/0/1.jpg", "OpenImages/train/0/1.jpg"},
		{"wsol", "wsolevaluation-96f4b88.tar.gz", "repo-1/metadata/CUB/val/image_ids.txt",
			"metadata/CUB/val/image_ids.txt"},
		{"wsol", "wsolevaluation-96f4b88.tar.gz", "repo-1/README.md", ""},
		{"imagenetv2", "imagenetv2-threshold0.7.tar.gz", "any/0/1.jpeg", "ILSVRC/val2/0/1.jpeg"},
	} {
		set, _ := Find(c.set)
		i := slices.IndexFunc(set.Parts, func(p Part) bool { return p.Name == c.archive })
		if i < 0 {
			t.Errorf("%s has no %s", c.set, c.archive)
			continue
		}
		if got, ok := set.Parts[i].place(c.file); got != c.want || ok != (c.want != "") {
			t.Errorf("%s of %s goes to %q, want %q", c.file, c.archive, got, c.want)
		}
	}
}

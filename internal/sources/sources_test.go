package sources

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// touch makes empty files, with their folders.
func touch(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, nil, 0o666))
		if err != nil {
			t.Fatal(err)
		}
	}
}

// find gives path and folder of each image that is found, and its error.
func find(t *testing.T, o Options) (*Set, []string) {
	t.Helper()
	set, err := Find(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(set.Close)
	var got []string
	for _, im := range set.Images {
		line := filepath.ToSlash(im.Path) + "|" + filepath.ToSlash(im.Sub)
		if im.Err != nil {
			line += "|" + im.Err.Error()
		}
		got = append(got, line)
	}
	return set, got
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestImagesOfFoldersAreFoundOnceAndOutputsAreNot(t *testing.T) {
	t.Chdir(t.TempDir())
	touch(t, "p/b.JPG", "p/a.webp", "p/s/t/c.tiff", "p/.h.png", "p/.d/e.png", "p/notes.txt",
		"p/a.acol.png", "p/a.acol.panel.png", "p/out/x.png", "p/out2/y.gif", "q.raw", "p/w.jfif")
	out, err := Absolute("p/out")
	if err != nil {
		t.Fatal(err)
	}
	_, got := find(t, Options{
		Args: []string{"q.raw", "p/", "p/out", "p/.d", "p/notes.txt"}, Out: out, Mark: ".acol.",
	})
	same(t, got, []string{
		"q.raw|", "p/a.webp|.", "p/b.JPG|.", "p/out2/y.gif|out2", "p/s/t/c.tiff|s/t", "p/w.jfif|.",
		"p/out/x.png|.", "p/.d/e.png|.", "p/notes.txt|",
	})
}

func TestWhatIsLeftOutOfAFolderIsCountedByKind(t *testing.T) {
	t.Chdir(t.TempDir())
	touch(t, "p/a.jpg", "p/b.HEIC", "p/c.avif", "p/s/d.heif", "p/x.txt", "p/y.xml", "p/z.xml",
		"p/Makefile",
		"p/.DS_Store", "p/Thumbs.db", "p/s/raw.NEF")
	set, _ := find(t, Options{Args: []string{"p"}})
	same(t, set.Folders, []*Folder{{
		Path: "p", Found: 1,
		Pictures: []Left{
			{"HEIC", 2, filepath.Join("p", "b.HEIC")}, {"AVIF", 1, filepath.Join("p", "c.avif")},
			{"camera raw", 1, filepath.Join("p", "s", "raw.NEF")},
		},
		Others: []Left{
			{".xml", 2, filepath.Join("p", "y.xml")}, {"", 1, filepath.Join("p", "Makefile")},
			{".txt", 1, filepath.Join("p", "x.txt")},
		},
	}})
}

func TestPatternsMatchAsShellsDoAndReachIntoFolders(t *testing.T) {
	t.Chdir(t.TempDir())
	touch(t, "p/b.jpg", "p/a.jpg", "p/.h.jpg", "p/c/d.jpg", "p/c/e.png", "p/c/f/g.jpg", "p/n.txt",
		"p/a.acol.jpg",
		"p/out/o.jpg", "[x].jpg")
	out, err := Absolute("p/out")
	if err != nil {
		t.Fatal(err)
	}
	for pattern, want := range map[string][]string{
		"p/*.jpg":    {"p/a.jpg|.", "p/b.jpg|."},
		"p/?.???":    {"p/a.jpg|.", "p/b.jpg|.", "p/n.txt|."},
		"p/**/*.jpg": {"p/a.jpg|.", "p/b.jpg|.", "p/c/d.jpg|c", "p/c/f/g.jpg|c/f"},
		"p/c*":       {"p/c/d.jpg|c", "p/c/e.png|c", "p/c/f/g.jpg|c/f"},
		"[x].jpg":    {"[x].jpg|"},
	} {
		_, got := find(t, Options{Args: []string{pattern}, Out: out, Mark: ".acol."})
		t.Run(pattern, func(t *testing.T) { same(t, got, want) })
	}
	_, got := find(t, Options{Args: []string{"p/*.bmp", "p/{"}})
	same(t, got, []string{
		"p/*.bmp||no file matches p/*.bmp",
		"p/{||p/{ is neither a file nor a pattern: syntax error in pattern",
	})
}

func TestListsHaveASourceOnEachLine(t *testing.T) {
	for text, want := range map[string][]string{
		"a.jpg\nb c.jpg\r\n\n  \n# no\nd":  {"a.jpg", "b c.jpg", "d"},
		"\ufeffa.jpg\n-\n":                 {"a.jpg", "-"},
		"a\nb.jpg\x00#c.jpg\x00\x00":       {"a\nb.jpg", "#c.jpg"},
		"":                                 nil,
		"https://example.org/a.jpg#part\n": {"https://example.org/a.jpg#part"},
	} {
		same(t, parseList([]byte(text)), want)
	}
}

func FuzzParseList(f *testing.F) {
	f.Add([]byte("a.jpg\nb c.jpg\r\n\n# no\nd"))
	f.Add([]byte("\ufeffa\x00b"))
	f.Fuzz(func(t *testing.T, text []byte) {
		n := 0
		for _, entry := range parseList(text) {
			if entry == "" || strings.ContainsRune(entry, 0) {
				t.Errorf("entry %q", entry)
			}
			n += len(entry)
		}
		if n > len(text) {
			t.Errorf("%d bytes of entries in %d", n, len(text))
		}
	})
}

func TestAListMayBeOnStandardInputAndNamesFoldersToo(t *testing.T) {
	t.Chdir(t.TempDir())
	touch(t, "p/a.jpg", "-", "*.jpg")
	_, got := find(t, Options{List: Stdin, In: strings.NewReader("p\n-\n*.jpg\nnone.jpg\n")})
	same(t, got, []string{"p/a.jpg|.", "-|", "*.jpg|",
		"none.jpg||none.jpg does not exist"})
}

// tiny is a PNG of one pixel.
func tiny(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestImagesFromElsewhereAreFilesUntilTheyAreReleased(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	raw, asked := tiny(t), 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = w.Write(raw)
	}))
	defer server.Close()
	set, err := Find(t.Context(),
		Options{Args: []string{server.URL + "/b.png", Stdin}, In: bytes.NewReader(raw)})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, im := range set.Images {
		for range 2 {
			path, err := im.File(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, raw) {
				t.Errorf("%s: %d bytes, error %v", im.Name, len(got), err)
			}
			paths = append(paths, path)
		}
	}
	if asked != 1 {
		t.Errorf("the server was asked %d times", asked)
	}
	set.Images[0].Release()
	if _, err := os.Stat(paths[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Release: %v", err)
	}
	set.Close()
	if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestWaitingForStandardInputEndsWithTheContext(t *testing.T) {
	silent, _ := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	set, _ := find(t, Options{Args: []string{Stdin}, In: silent})
	if _, err := set.Images[0].File(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, Options{List: Stdin, In: silent}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestAddressesGiveSafeFileNames(t *testing.T) {
	for address, want := range map[string]string{
		"https://h/a/bird.jpg?w=1#x":           "bird.jpg",
		"https://h/a%20b%2F..%2Fc.jpg":         "c.jpg",
		"https://h/..%5C..%5Cx.png":            "_.._x.png",
		"https://h":                            "image",
		"https://h/":                           "image",
		"https://h/../..":                      "image",
		"https://h/.bashrc":                    "bashrc",
		"https://h/nul.jpg":                    "_nul.jpg",
		"https://h/com1":                       "_com1",
		"https://h/Vogel_%C3%BC.jpg":           "Vogel_ü.jpg",
		"https://h/x%00%1b%0a.jpg":             "x___.jpg",
		"https://h/%zz":                        "image",
		"https://h/" + strings.Repeat("ü", 99): strings.Repeat("ü", 60),
	} {
		if got := safeName(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

func FuzzSafeName(f *testing.F) {
	f.Add("https://h/a/bird.jpg?w=1#x")
	f.Add("https://h/..%5C..%5Cx.png")
	f.Fuzz(func(t *testing.T, address string) {
		name := safeName(address)
		if name == "" || !filepath.IsLocal(name) || name != filepath.Base(name) ||
			strings.ContainsAny(name, `/\:*?"<>|`) {
			t.Errorf("%q: %q", address, name)
		}
	})
}

func TestOnlyWhatBeginsLikeAnAddressIsOne(t *testing.T) {
	for arg, want := range map[string]bool{
		"http://h/a": true, "HTTPS://h/a": true, "ftp://h": true, "file:///a": true,
		"a.jpg": false, "://a": false, `C:\a`: false, "http:/a": false, "a/b://c": false,
		"C:a": false,
	} {
		if got := isAddress(arg); got != want {
			t.Errorf("%s: %v", arg, got)
		}
	}
}

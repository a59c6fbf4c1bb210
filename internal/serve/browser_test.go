package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tab is a page of the server in a real browser, and what its console said.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string
	// expected is a part of what the console may say.
	expected string
}

// openTab opens the server's page in Chromium. The test is skipped where there is none. Whatever
// the console says is an error.
func openTab(t *testing.T, s *Server) *tab {
	t.Helper()
	var browser string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" || testing.Short() {
		t.Skip("there is no Chromium here: make browser-test installs it")
	}
	p, err := Listen("127.0.0.1:0", nil)
	check(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, p) }()
	t.Cleanup(func() {
		stop()
		check(t, <-ended)
	})
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser),
		chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancelAlloc)
	page, cancelPage := chromedp.NewContext(alloc)
	t.Cleanup(cancelPage)
	page, cancelTime := context.WithTimeout(page, time.Minute)
	t.Cleanup(cancelTime)
	b := &tab{t, page, p.URL(s.opt.Token), ""}
	b.do(chromedp.EmulateViewport(1280, 800))
	said := chromedp.Console(page)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for m, err := range said {
			if err == nil && (b.expected == "" || !strings.Contains(m.String(), b.expected)) {
				t.Errorf("the console says %v", m)
			}
		}
	}()
	t.Cleanup(func() { cancelPage(); <-heard })
	b.do(chromedp.Navigate(b.url), chromedp.WaitVisible("#drop"))
	return b
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	check(b.t, chromedp.Do(b.ctx, actions...))
}

// js evaluates an expression.
func js[T any](b *tab, expression string) (v T) {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	check(b.t, err)
	return v
}

// until waits for an expression to be true.
func (b *tab) until(expression string) {
	b.t.Helper()
	for range 500 {
		if js[bool](b, expression) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.t.Fatalf("never true: %s; the page says %q", expression, js[string](b, "$('status').textContent"))
}

// shoot keeps a picture of the page where ACOL_SHOTS names a folder.
func (b *tab) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("ACOL_SHOTS")
	if dir == "" {
		return
	}
	shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	check(b.t, err)
	check(b.t, os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o666))
}

// drop drops a picture onto the page, as a user does.
const drop = `(async () => {
	const blob = await (await fetch(%q)).blob();
	const data = new DataTransfer();
	data.items.add(new File([blob], "dropped.png", {type: "image/png"}));
	for (const kind of ["dragenter", "dragover", "drop"]) {
		$("stage").dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: data}));
	}
})(), true`

// set moves a control, as a user does.
func (b *tab) set(id, value string) {
	b.t.Helper()
	js[bool](b, fmt.Sprintf(`(() => {
		const e = $(%q);
		e.value = %q;
		e.dispatchEvent(new Event("input", {bubbles: true}));
		e.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`, id, value))
}

// boxes are the first box in the table, in the picture, and what the answer says.
func (b *tab) boxes() (table, drawn, said string) {
	b.t.Helper()
	table = js[string](b, `[...$("found").querySelectorAll("tr")].map((r) =>
		[...r.children].slice(0, 4).map((c) => c.textContent).join(",")).join(" ")`)
	drawn = js[string](b, `[...$("boxes").querySelectorAll(".light")].map((r) => [r.x, r.y,
		r.width, r.height].map((v) => v.baseVal.value)).map(([x, y, w, h]) =>
		[x, y, x + w - 1, y + h - 1].join(",")).join(" ")`)
	said = js[string](b, `answer.boxes.map((b) => [b.x0, b.y0, b.x1, b.y1].join(",")).join(" ")`)
	return table, drawn, said
}

func TestThePageShowsWhatTheModelSees(t *testing.T) {
	w := newTiny(t)
	path := filepath.Join(t.TempDir(), "disc.png")
	check(t, os.WriteFile(path, encoded(t, disc(400, 300)), 0o666))
	w.serve.Samples = []Sample{{Name: "disc.png", Class: "cat", Path: path}}
	b := openTab(t, w.server(t))

	// A sample, then a picture that is dropped.
	b.do(chromedp.Click("#samples button"))
	b.until(`answer !== null && $("photo").complete && $("photo").naturalWidth === 400`)
	sample := js[string](b, "picture.id")
	js[bool](b, fmt.Sprintf(drop, "/api/samples/0/photo.jpg"))
	b.until(fmt.Sprintf(`picture.id !== %q && !$("right").hidden && $("map").naturalWidth > 0`, sample))
	if size := js[string](b, `picture.width + "x" + picture.height`); size != "240x180" {
		t.Errorf("the picture that was dropped is %s", size)
	}
	if n := js[int](b, `$("likely").querySelectorAll("input").length`); n != 3 {
		t.Errorf("%d classes are offered", n)
	}
	table, drawn, said := b.boxes()
	if table == "" || table != drawn || drawn != said {
		t.Errorf("the table says %q, the picture %q, the server %q", table, drawn, said)
	}
	b.shoot("page-desktop")

	// The threshold changes the box and not the map, delta the map of the second branch.
	b.set("layer", "map:2")
	b.until(`$("map").src.includes("branch=2")`)
	before := js[string](b, `$("map").src`)
	b.set("threshold", "0.9")
	b.until(`!asking && answer.cut === 0.9`)
	if _, _, now := b.boxes(); now == said || now == "" {
		t.Errorf("at another threshold the box is still %q", now)
	}
	if js[bool](b, `$("auto").checked`) {
		t.Error("a threshold that was moved is still the model's")
	}
	b.set("delta1", "0.1")
	b.until(fmt.Sprintf(`!asking && answer.deltas[0] === 0.1 && $("map").src !== %q`, before))
	b.do(chromedp.Click("#reset"))
	b.until(`!asking && answer.deltas[0] === 0.6`)

	// Another class has another map; any class can be named.
	b.do(chromedp.Click("#likely label:nth-child(2) input"))
	b.until(`!asking && answer.class === Number($("likely").querySelectorAll("input")[1].value)`)
	b.set("other", "bird")
	b.until(`!asking && answer.class === 2`)
	b.set("other", "cow")
	b.until(`$("status").textContent === "there is no class cow"`)

	// Looks change at once.
	b.set("layer", "erased:2")
	b.until(`$("photo").src.includes("/erased.jpg") && $("map").hidden`)
	b.set("layer", "map:0")
	b.set("colormap", "viridis")
	b.until(`$("map").src.includes("colormap=viridis") && !$("map").hidden`)
	b.set("opacity", "0.25")
	b.until(`$("map").style.opacity === "0.25" && $("saveoverlay").href.includes("opacity=0.25")`)

	// A picture that the server keeps no more is sent again.
	js[bool](b, `fetch("api/pictures/" + picture.id, {method: "DELETE"}).then(() => picture.gone = true), true`)
	gone := js[string](b, "picture.id")
	b.until(`picture.gone === true`)
	b.expected = "404"
	b.set("threshold", "0.3")
	b.until(fmt.Sprintf(`!asking && picture.id !== %q && answer.cut === 0.3`, gone))

	// JSON as it is copied.
	var a answered
	check(t, json.Unmarshal([]byte(js[string](b, "JSON.stringify(answer)")), &a))
	if a.Width != 240 || len(a.Classes) != 3 {
		t.Errorf("the JSON is %+v", a)
	}
}

func TestThePageFitsAPhoneAndSaysWhatIsWrong(t *testing.T) {
	w := newTiny(t)
	w.serve.Token = "secret"
	path := filepath.Join(t.TempDir(), "disc.png")
	check(t, os.WriteFile(path, encoded(t, disc(400, 300)), 0o666))
	w.serve.Samples = []Sample{{Name: "disc.png", Class: strings.Repeat("a long name ", 20), Path: path}}
	b := openTab(t, w.server(t))
	b.do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile))
	b.do(chromedp.Click("#samples button"))
	b.until(`answer !== null && $("map").naturalWidth > 0`)
	if wide := js[int](b, "document.documentElement.scrollWidth"); wide > 360 {
		t.Errorf("the page is %d pixels wide on a phone of 360", wide)
	}
	b.shoot("page-phone")
	// A file that is no image is told of, and the picture before it stays.
	broken := filepath.Join(t.TempDir(), "broken.png")
	check(t, os.WriteFile(broken, []byte("no image"), 0o666))
	b.expected = "415"
	b.do(chromedp.SetUploadFiles("#file", []string{broken}))
	b.until(`$("status").classList.contains("bad") && $("status").textContent.includes("want JPEG")`)
	if js[int](b, "answer.width") != 400 {
		t.Error("the picture before is gone")
	}
}

// A keyboard reaches everything, and each control has a name for a screen reader.
func TestThePageWorksWithoutAMouse(t *testing.T) {
	w := newTiny(t)
	path := filepath.Join(t.TempDir(), "disc.png")
	check(t, os.WriteFile(path, encoded(t, disc(60, 40)), 0o666))
	w.serve.Samples = []Sample{{Name: "disc.png", Path: path}}
	b := openTab(t, w.server(t))
	b.do(chromedp.Focus("#samples button"), chromedp.KeyEvent("\r"))
	b.until(`answer !== null`)
	unnamed := js[string](b, `[...document.querySelectorAll("input, select, button, a")].filter((e) =>
		!(e.labels && e.labels.length && e.labels[0].textContent.trim()) && !e.textContent.trim() &&
		!e.getAttribute("aria-label")).map((e) => e.outerHTML).join(" ")`)
	if unnamed != "" {
		t.Errorf("without a name: %s", unnamed)
	}
	b.do(chromedp.Focus("#threshold"), chromedp.KeyEvent(kb.ArrowRight))
	b.until(`!$("auto").checked`)
}

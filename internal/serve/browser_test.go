package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"acol/internal/browsertest"
	"acol/internal/data/datatest"
)

// openPage opens the page of a server that ends with the test.
func openPage(t *testing.T, s *Server) *browsertest.Tab {
	t.Helper()
	p, err := Listen("127.0.0.1:0", nil)
	check(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, p) }()
	t.Cleanup(func() {
		stop()
		check(t, <-ended)
	})
	b := browsertest.Open(t, p.URL(s.opt.Token))
	b.Until(`model !== undefined`)
	return b
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

// paste pastes a picture that the page draws, as a user does.
const paste = `(async () => {
	const canvas = document.createElement("canvas");
	[canvas.width, canvas.height] = [50, 40];
	canvas.getContext("2d").fillRect(5, 5, 20, 20);
	const data = new DataTransfer();
	const blob = await new Promise((done) => canvas.toBlob(done));
	data.items.add(new File([blob], "pasted.png", {type: "image/png"}));
	document.dispatchEvent(new ClipboardEvent("paste", {bubbles: true, clipboardData: data}));
})(), true`

// boxes are the first box in the table, in the picture, and what the answer says.
func boxes(b *browsertest.Tab) (table, drawn, said string) {
	table = browsertest.JS[string](b, `[...$("found").querySelectorAll("tr")].map((r) =>
		[...r.children].slice(0, 4).map((c) => c.textContent).join(",")).join(" ")`)
	drawn = browsertest.JS[string](b, `[...$("boxes").querySelectorAll(".light")].map((r) => [r.x, r.y,
		r.width, r.height].map((v) => v.baseVal.value)).map(([x, y, w, h]) =>
		[x, y, x + w - 1, y + h - 1].join(",")).join(" ")`)
	said = browsertest.JS[string](b, `answer.boxes.map((b) => [b.x0, b.y0, b.x1, b.y1].join(",")).join(" ")`)
	return table, drawn, said
}

func TestThePageShowsWhatTheModelSees(t *testing.T) {
	w := newTiny(t)
	path := filepath.Join(t.TempDir(), "disc.png")
	check(t, os.WriteFile(path, encoded(t, datatest.Disc(400, 300)), 0o666))
	w.serve.Samples = []Sample{{Name: "disc.png", Class: "cat", Path: path}}
	b := openPage(t, w.server(t))

	// A sample, then a picture that is dropped.
	b.Click("#samples button")
	b.Until(`answer !== null && $("photo").complete && $("photo").naturalWidth === 400`)
	sample := browsertest.JS[string](b, "picture.id")
	browsertest.JS[bool](b, fmt.Sprintf(drop, "/api/samples/0/photo.jpg"))
	b.Until(fmt.Sprintf(`picture.id !== %q && !$("right").hidden && $("map").naturalWidth > 0`, sample))
	if size := browsertest.JS[string](b, `picture.width + "x" + picture.height`); size != "240x180" {
		t.Errorf("the picture that was dropped is %s", size)
	}
	if n := browsertest.JS[int](b, `$("likely").querySelectorAll("input").length`); n != 3 {
		t.Errorf("%d classes are offered", n)
	}
	dropped := browsertest.JS[string](b, "picture.id")
	browsertest.JS[bool](b, paste)
	b.Until(fmt.Sprintf(`picture.id !== %q && picture.width === 50 && !asking`, dropped))
	browsertest.JS[bool](b, fmt.Sprintf(drop, "/api/samples/0/photo.jpg"))
	b.Until(`picture.width === 240 && !asking`)
	table, drawn, said := boxes(b)
	if table == "" || table != drawn || drawn != said {
		t.Errorf("the table says %q, the picture %q, the server %q", table, drawn, said)
	}
	b.Shoot("page-desktop")

	// The threshold changes the box and not the map, delta the map of the second branch.
	b.Set("layer", "map:2")
	b.Until(`$("map").src.includes("branch=2")`)
	before := browsertest.JS[string](b, `$("map").src`)
	b.Set("threshold", "0.9")
	b.Until(`!asking && answer.cut === 0.9`)
	if _, _, now := boxes(b); now == said || now == "" {
		t.Errorf("at another threshold the box is still %q", now)
	}
	if browsertest.JS[bool](b, `$("auto").checked`) {
		t.Error("a threshold that was moved is still the model's")
	}
	b.Set("delta1", "0.1")
	b.Until(fmt.Sprintf(`!asking && answer.deltas[0] === 0.1 && $("map").src !== %q`, before))
	b.Click("#reset")
	b.Until(`!asking && answer.deltas[0] === 0.6`)

	// Another class has another map; any class can be named.
	b.Click("#likely label:nth-child(2) input")
	b.Until(`!asking && answer.class === Number($("likely").querySelectorAll("input")[1].value)`)
	b.Set("other", "bird")
	b.Until(`!asking && answer.class === 2`)
	b.Set("other", "cow")
	b.Until(`$("status").textContent === "there is no class cow"`)

	// Looks change at once.
	b.Set("layer", "erased:2")
	b.Until(`$("photo").src.includes("/erased.jpg") && $("map").hidden`)
	b.Set("layer", "map:0")
	b.Set("colormap", "viridis")
	b.Until(`$("map").src.includes("colormap=viridis") && !$("map").hidden`)
	b.Set("opacity", "0.25")
	b.Until(`$("map").style.opacity === "0.25" && $("saveoverlay").href.includes("opacity=0.25")`)

	// A picture that the server keeps no more is sent again.
	browsertest.JS[bool](b, `fetch("api/pictures/" + picture.id, {method: "DELETE"}).then(() => picture.gone = true), true`)
	gone := browsertest.JS[string](b, "picture.id")
	b.Until(`picture.gone === true`)
	b.Expected = "404"
	b.Set("threshold", "0.3")
	b.Until(fmt.Sprintf(`!asking && picture.id !== %q && answer.cut === 0.3`, gone))

	// JSON as it is copied.
	var a answered
	check(t, json.Unmarshal([]byte(browsertest.JS[string](b, "JSON.stringify(answer)")), &a))
	if a.Width != 240 || len(a.Classes) != 3 {
		t.Errorf("the JSON is %+v", a)
	}
}

func TestThePageFitsAPhoneAndSaysWhatIsWrong(t *testing.T) {
	w := newTiny(t)
	w.serve.Token = "secret"
	path := filepath.Join(t.TempDir(), "disc.png")
	check(t, os.WriteFile(path, encoded(t, datatest.Disc(400, 300)), 0o666))
	w.serve.Samples = []Sample{{Name: "disc.png", Class: strings.Repeat("a long name ", 20), Path: path}}
	b := openPage(t, w.server(t))
	b.Phone()
	b.Click("#samples button")
	b.Until(`answer !== null && $("map").naturalWidth > 0`)
	if wide := browsertest.JS[int](b, "document.documentElement.scrollWidth"); wide > 360 {
		t.Errorf("the page is %d pixels wide on a phone of 360", wide)
	}
	b.Shoot("page-phone")
	// A file that is no image is told of, and the picture before it stays.
	broken := filepath.Join(t.TempDir(), "broken.png")
	check(t, os.WriteFile(broken, []byte("no image"), 0o666))
	b.Expected = "415"
	b.Upload("#file", broken)
	b.Until(`$("status").classList.contains("bad") && $("status").textContent.includes("want JPEG")`)
	if browsertest.JS[int](b, "answer.width") != 400 {
		t.Error("the picture before is gone")
	}
}

// A keyboard reaches everything, and each control has a name for a screen reader.
func TestThePageWorksWithoutAMouse(t *testing.T) {
	w := newTiny(t)
	path := filepath.Join(t.TempDir(), "disc.png")
	check(t, os.WriteFile(path, encoded(t, datatest.Disc(60, 40)), 0o666))
	w.serve.Samples = []Sample{{Name: "disc.png", Path: path}}
	b := openPage(t, w.server(t))
	b.Key("#samples button", kb.Enter)
	b.Until(`answer !== null`)
	unnamed := b.Unnamed()
	if unnamed != "" {
		t.Errorf("without a name: %s", unnamed)
	}
	b.Key("#threshold", kb.ArrowRight)
	b.Until(`!$("auto").checked`)
}

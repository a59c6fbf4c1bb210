package serve

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acol/internal/data/datatest"
	"acol/internal/localize"
	"acol/internal/section"
)

func TestAnImageIsLocalizedAsTheLocalizerDoes(t *testing.T) {
	w := newTiny(t)
	h := w.server(t).Handler()
	img := datatest.Disc(60, 40)
	l, err := localize.Open(w.eng, w.model, w.opt)
	check(t, err)
	want, err := l.Image(img)
	check(t, err)
	wanted, err := json.Marshal(want.Summary())
	check(t, err)
	var summary, got map[string]any
	check(t, json.Unmarshal(wanted, &summary))
	got = decoded[map[string]any](t, ask(h, "POST", "/api/localize?maps=1", encoded(t, img)))
	for key, value := range summary {
		if diff := cmp.Diff(value, got[key]); diff != "" {
			t.Errorf("%s: -localizer +server\n%s", key, diff)
		}
	}
	a := decoded[answered](t, ask(h, "POST", "/api/localize?maps=1", encoded(t, img)))
	m := want.Maps[0]
	if len(a.Maps) != 3 || a.Maps[0].Name != "fused" || a.Maps[2].Name != "branch 2 (p)" ||
		a.Maps[2].Values[1][2] != m.Branches[1].Map.V[m.Branches[1].Map.W+2] {
		t.Errorf("the maps are %v", a.Maps)
	}
	if a.Class != m.Class || a.Cut != 0.6 || !cmp.Equal(a.Deltas, []float64{0.6}) || a.Rule != "largest" {
		t.Errorf("the settings are %+v", a)
	}
}

func TestSettingsOfARequestCount(t *testing.T) {
	w := newTiny(t)
	h := w.server(t).Handler()
	raw := encoded(t, datatest.Disc(60, 40))
	a := decoded[answered](t, ask(h, "POST", "/api/pictures", raw))
	id := "/api/pictures/" + a.ID
	b := decoded[answered](t, ask(h, "GET", id+"?class=dog&delta=0.2&threshold=otsu&rule=all", nil))
	if b.Class != 1 || b.Deltas[0] != 0.2 || b.Rule != "all" || b.Threshold.Rule != section.Otsu {
		t.Errorf("the settings are %+v", b)
	}
	for query, want := range map[string]string{
		"class=cow": `class: `, "class=3": "class: ", "delta=2": "delta 2 is not in 0 to 1",
		"delta=0.1,0.2": "delta: 2 values, want 1 or 1", "delta=x": `delta: "x" is not a number`,
		"delta=NaN": `delta: "NaN" is not a number`, "threshold=1": "threshold 1 is not in 0 to below 1",
		"threshold=x": `threshold "x" is not a number`, "rule=some": "rule ",
	} {
		for _, r := range []reply{
			ask(h, "GET", id+"?"+query, nil), ask(h, "POST", "/api/localize?"+query, raw),
		} {
			var said refusal
			check(t, json.Unmarshal(r.body, &said))
			if r.status != http.StatusBadRequest || !strings.HasPrefix(said.Error, want) {
				t.Errorf("%s: status %d, %q, want %q", query, r.status, said.Error, want)
			}
		}
	}
}

func TestAPictureIsDrawnAsTheCommandDrawsIt(t *testing.T) {
	w := newTiny(t)
	h := w.server(t).Handler()
	img := datatest.Disc(1500, 100)
	a := decoded[answered](t, ask(h, "POST", "/api/pictures", encoded(t, img)))
	id := "/api/pictures/" + a.ID
	l, err := localize.Open(w.eng, w.model, w.opt)
	check(t, err)
	result, err := l.Image(img)
	check(t, err)
	style, err := w.opt.Config.Style()
	check(t, err)
	want, err := localize.Overlay(img, result, result.Maps[0], style)
	check(t, err)
	r := ask(h, "GET", id+"/overlay.png", nil)
	got, err := png.Decode(bytes.NewReader(r.body))
	check(t, err)
	for _, at := range []image.Point{{0, 0}, {500, 20}, {1499, 99}} {
		x, y := got.At(at.X, at.Y), want.At(at.X, at.Y)
		if color.NRGBAModel.Convert(x) != color.NRGBAModel.Convert(y) {
			t.Errorf("the overlay at %v is %v, want %v", at, x, y)
		}
	}
	if d := r.header.Get("Content-Disposition"); !strings.Contains(d, "overlay-class-") {
		t.Errorf("the overlay is saved as %s", d)
	}
	for path, width := range map[string]int{
		"/photo.jpg": 1280, "/map.png": 512, "/map.png?branch=2&colormap=turbo": 512,
		"/erased.jpg?branch=2": 1280, "/panel.png": 0, "/overlay.png?opacity=0": 1500,
	} {
		r := ask(h, "GET", id+path, nil)
		img, kind, err := image.Decode(bytes.NewReader(r.body))
		if err != nil || r.header.Get("Content-Type") != "image/"+kind ||
			width > 0 && img.Bounds().Dx() != width {
			t.Errorf("%s: status %d, %s, %v, %v", path, r.status, kind, img, err)
		}
	}
	for path, want := range map[string]int{
		"/map.png?branch=3": 400, "/map.png?branch=x": 400, "/map.png?colormap=pink": 400,
		"/erased.jpg?branch=1": 400, "/overlay.png?opacity=x": 400, "/other.png": 404,
	} {
		if r := ask(h, "GET", id+path, nil); r.status != want {
			t.Errorf("%s: status %d, want %d: %s", path, r.status, want, r.body)
		}
	}
	if r := ask(h, "DELETE", id, nil); r.status != http.StatusNoContent {
		t.Errorf("deleting: status %d", r.status)
	}
	for _, method := range []string{"GET", "DELETE"} {
		if r := ask(h, method, id, nil); r.status != http.StatusNotFound {
			t.Errorf("%s after deleting: status %d", method, r.status)
		}
	}
}

// bomb is a PNG whose header claims many pixels.
func bomb(t *testing.T) []byte {
	raw := encoded(t, image.NewGray(image.Rect(0, 0, 1, 1)))
	copy(raw[16:], []byte{0, 0, 0x20, 0, 0, 0, 0x20, 1}) // 8192 x 8193
	binary.BigEndian.PutUint32(raw[29:], crc32.ChecksumIEEE(raw[12:29]))
	return raw
}

func TestUploadsOutOfBoundsAreRefused(t *testing.T) {
	h := newTiny(t).server(t).Handler()
	raw := encoded(t, datatest.Disc(60, 40))
	for name, c := range map[string]struct {
		body   []byte
		status int
		want   string
	}{
		"nothing":      {nil, 400, "has no image"},
		"no image":     {[]byte("hello"), 415, "want JPEG, PNG"},
		"cut off":      {raw[:len(raw)/2], 415, "the image"},
		"too large":    {make([]byte, maxUpload+1), 413, "larger than 32 MiB"},
		"a pixel bomb": {bomb(t), 415, "more than 64 million"},
		"a line":       {encoded(t, image.NewGray(image.Rect(0, 0, 900, 1))), 415, "longer than 16 to 1"},
	} {
		for _, path := range []string{"/api/localize", "/api/pictures"} {
			r := ask(h, "POST", path, c.body)
			var said refusal
			check(t, json.Unmarshal(r.body, &said))
			if r.status != c.status || !strings.Contains(said.Error, c.want) {
				t.Errorf("%s: status %d, %q, want %d, %q", name, r.status, said.Error, c.status, c.want)
			}
		}
	}
}

func TestTheShelfForgetsWhatWasNotAskedForLongest(t *testing.T) {
	s := newShelf()
	s.most = 250
	var all []*picture
	for range 3 {
		p := &picture{raw: make([]byte, 100), view: &localize.View{}}
		s.put(p)
		all = append(all, p)
		if s.get(all[0].id) == nil {
			t.Fatal("the picture that is asked for again and again is gone")
		}
	}
	if s.get(all[1].id) != nil || s.get(all[2].id) == nil || s.bytes != 200 {
		t.Errorf("the shelf holds %d bytes", s.bytes)
	}
	s.put(&picture{raw: make([]byte, 1000), view: &localize.View{}}) // larger than all
	if s.used.Len() != 1 || s.bytes != 1000 {
		t.Errorf("the shelf holds %d pictures, %d bytes", s.used.Len(), s.bytes)
	}
}

func TestSamplesAreShownWithoutNamingAFile(t *testing.T) {
	w := newTiny(t)
	path := filepath.Join(t.TempDir(), "a.png")
	check(t, os.WriteFile(path, encoded(t, datatest.Disc(500, 400)), 0o666))
	w.serve.Samples = []Sample{{Name: "a.png", Class: "cat", Path: path}}
	h := w.server(t).Handler()
	r := ask(h, "GET", "/api/samples/0/photo.jpg", nil)
	if img, _, err := image.Decode(bytes.NewReader(r.body)); err != nil || img.Bounds().Dx() != thumbSide {
		t.Errorf("the small picture: %v", err)
	}
	if a := decoded[answered](t, ask(h, "POST", "/api/samples/0", nil)); a.Width != 500 || a.ID == "" {
		t.Errorf("got %+v", a)
	}
	for _, index := range []string{"1", "-1", "x", "..%2f..%2fetc%2fpasswd"} {
		if r := ask(h, "POST", "/api/samples/"+index, nil); r.status != 404 && r.status != 400 {
			t.Errorf("sample %s: status %d", index, r.status)
		}
	}
	if m := decoded[described](t, ask(h, "GET", "/api/model", nil)); strings.Contains(fmt.Sprint(m), path) {
		t.Errorf("a path is told: %+v", m)
	}
}

func FuzzRequests(f *testing.F) {
	w := newTiny(f)
	h := w.server(f).Handler()
	raw := encoded(f, datatest.Disc(20, 20))
	for _, path := range []string{
		"/", "/api/model", "/api/localize?class=1&delta=0.5&threshold=0.1&maps=1&rule=all",
		"/api/pictures", "/api/pictures/x/map.png?branch=2", "/api/samples/0", "/app.js",
	} {
		f.Add("POST", path, raw)
		f.Add("GET", path, []byte{})
	}
	f.Fuzz(func(t *testing.T, method, target string, body []byte) {
		r, err := http.NewRequestWithContext(context.Background(), method, "http://127.0.0.1:1/", bytes.NewReader(body))
		if err != nil || !strings.HasPrefix(target, "/") {
			return
		}
		if r.URL, err = r.URL.Parse(target); err != nil {
			return
		}
		r.Host = "127.0.0.1"
		rec := &recorder{reply: reply{status: 200, header: http.Header{}}}
		h.ServeHTTP(rec, r)
		if rec.status >= 500 && rec.status != http.StatusServiceUnavailable && rec.status != 501 {
			t.Errorf("status %d: %s", rec.status, rec.body)
		}
	})
}

package report

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"acol/internal/browsertest"
	"acol/internal/cam"
	"acol/internal/eval"
	"acol/internal/scoremap"
	"acol/internal/train"
	"acol/internal/viz"

	"github.com/chromedp/chromedp/kb"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// made is a report of two runs on n images of three classes, of which the first run is right about
// every second one.
func made(t testing.TB, n int) *Report {
	t.Helper()
	acc, tau := 60.0, 0.3
	run := func(name string, top1 float64) Run {
		return Run{
			Name: name, Kinds: "pp", Recipe: "name: " + name + " # </script>\n",
			Threshold: scoremap.Threshold{Fraction: 0.3, From: scoremap.Val},
			Log: []train.EpochRecord{{
				Epoch: 1, Losses: []float64{1, 2}, BestEpoch: 1,
				Validation: &train.Validation{Images: 3, MaxBoxAcc: &acc, Threshold: &tau},
			}},
			Measured: &eval.Report{
				Split: "test", Images: n,
				Book: &eval.Book{
					Values:  map[string]float64{"top1": top1, "max_box_acc": 55.5},
					Counted: map[string]int{eval.MaxBoxAcc: n},
					Best:    eval.Thresholds{eval.MaxBoxAcc: 0.31},
					Curve: &eval.Curve{
						Thresholds: []float64{0, 0.5, 1},
						Columns:    []eval.CurveColumn{{Key: eval.MaxBoxAcc, Values: []float64{1, 55.5, 0}}},
					},
				},
				Intervals: &eval.Intervals{Figures: map[string][2]float64{"top1": {top1 - 1, top1 + 1}}},
				ByClass: []eval.Group{
					{Name: "cat", Images: 2, Figures: map[string]float64{"top1": 50}},
					{Name: "dog <b>", Images: 1, Figures: map[string]float64{"top1": 100}},
				},
			},
		}
	}
	g := NewGallery([]string{"cat", "dog <b>", "</script>"}, n, n, 6)
	var photo bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, g.photo, g.photo*3/4))
	for i := range img.Pix { // about as rough as a photograph
		img.Pix[i] = uint8(90 + 60*math.Sin(float64(i)/9) + float64(i*i/7%40))
	}
	check(t, jpeg.Encode(&photo, img, &jpeg.Options{Quality: 78}))
	heat, err := encodePNG(viz.Heat(slope(g.side), viz.Palette{}))
	check(t, err)
	struck, err := maskPNG(viz.Mask{H: 2, W: 2, V: []bool{true, false, false, false}})
	check(t, err)
	for i := range g.images {
		e := &entry{
			ID: "img" + string(rune('a'+i%26)) + ".jpg", Class: i % 3, W: 400, H: 300,
			Photo: photo.Bytes(), Truth: [][4]int{{10, 20, 300, 200}},
		}
		for k := range 2 {
			iou := float64(i) / float64(2*n)
			s := &shot{
				Guess: (i + (i+k)%2) % 3, Probability: 0.75, IoU: &iou, Cut: 0.3,
				Box: &[4]int{50, 60, 199, 259}, Fused: heat, Maps: [][]byte{heat, heat}, Erased: [][]byte{struck},
				Ending: []string{"right", "wrong_class"}[(i+k)%2],
			}
			e.Shots = append(e.Shots, s)
		}
		g.images[i] = e
	}
	return &Report{
		Runs: []Run{run("cam", 80), run("acol", 90)}, Gallery: g, Maker: "Made by a test.",
		Comparisons: []*eval.Comparison{{A: "cam", B: "acol", Images: n, Figures: []eval.Difference{
			{Key: "top1", A: 80, B: 90, Diff: 10, Low: 2, High: 18, P: 0.01},
		}}},
	}
}

// slope is a map that rises to the right.
func slope(side int) cam.Map {
	m := cam.New(side, side)
	for i := range m.V {
		m.V[i] = float64(i%side) / float64(side)
	}
	return m
}

func written(t testing.TB, r *Report) []byte {
	t.Helper()
	var out bytes.Buffer
	check(t, r.Write(&out))
	return out.Bytes()
}

func TestAReportNeedsNothingElse(t *testing.T) {
	text := string(written(t, made(t, 4)))
	if found := regexp.MustCompile(`(src|href)="?(https?:|//|[a-z]+\.)`).FindString(text); found != "" {
		t.Errorf("it asks for %s", found)
	}
	for _, want := range []string{
		"<td>80.00 <span class=\"range\">79.0 to 81.0</span></td>", // the first run's figure
		"<td class=\"best\">90.00", "&#43;10.00", "&#43;2.0 to &#43;18.0", "0.0100",
		"dog &lt;b&gt;", "name: acol # &lt;/script&gt;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %s", want)
		}
	}
	if n := strings.Count(text, "</script>"); n != 2 {
		t.Errorf("%d scripts end", n)
	}
	data := regexp.MustCompile(`(?s)id="data">(.*?)</script>`).FindStringSubmatch(text)
	var gallery struct {
		Classes []string
		Images  []entry
	}
	check(t, json.Unmarshal([]byte(data[1]), &gallery))
	if len(gallery.Images) != 4 || gallery.Classes[2] != "</script>" {
		t.Errorf("the gallery has %d images, classes %q", len(gallery.Images), gallery.Classes)
	}
}

func TestAThousandImagesStayBelow20MB(t *testing.T) {
	if size := len(written(t, made(t, 1000))); size > 20e6 || size < 5e6 {
		t.Errorf("%d bytes", size)
	}
}

func TestAGalleryTakesImagesEvenly(t *testing.T) {
	g := NewGallery(nil, 10, 4, 1)
	for _, place := range []int{0, 2, 5, 7} {
		if _, ok := g.at[place]; !ok {
			t.Errorf("image %d is not taken: %v", place, g.at)
		}
	}
	for want, layers := range map[int]int{64: 1, 40: 3, 28: 6} {
		if got := NewGallery(nil, 5000, 1000, layers).side; got != want {
			t.Errorf("maps of %d thousand layers are of %d pixels, want %d", layers, got, want)
		}
	}
	none := NewGallery(nil, 0, 100, 1)
	none.Close()
	if len(none.images) != 0 {
		t.Errorf("a gallery of no images has %d", len(none.images))
	}
}

func TestLayersHaveTheColoursOfOverlays(t *testing.T) {
	raw, err := encodePNG(viz.Heat(slope(8), viz.Palette{}))
	check(t, err)
	img, err := png.Decode(bytes.NewReader(raw))
	check(t, err)
	for x := range 8 {
		got := color.NRGBAModel.Convert(img.At(x, 3))
		if want := (viz.Palette{}).At(float64(x) / 8); got != want {
			t.Errorf("column %d is %v, want %v", x, got, want)
		}
	}
	if _, err := encodePNG(viz.Heat(cam.Map{}, viz.Palette{})); err == nil {
		t.Error("a map of no values is no error")
	}
}

func TestAReportOfNoRunIsAnError(t *testing.T) {
	if err := (&Report{}).Write(&bytes.Buffer{}); err == nil {
		t.Error("no error")
	}
}

func TestTheGalleryOfAReportCanBeFiltered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	check(t, os.WriteFile(path, written(t, made(t, 100)), 0o666))
	b := browsertest.Open(t, "file://"+path)
	b.Until(`document.readyState === "complete" && shown.length === 100`)
	text := func() string { return browsertest.JS[string](b, `$("count").textContent`) }
	first := func() string { return browsertest.JS[string](b, `$("cards").firstChild.textContent`) }
	if got := first(); !strings.Contains(got, "seen as") {
		t.Errorf("worst first shows %q", got)
	}
	b.Set("order", "best")
	if got := first(); strings.Contains(got, "seen as") || !strings.Contains(got, "IoU 0.49") {
		t.Errorf("best first shows %q", got)
	}
	b.Set("right", "wrong")
	if got := text(); got != "50 of 100 images" {
		t.Errorf("wrong ones: %s", got)
	}
	b.Set("ending", "right")
	if got := text(); got != "0 of 100 images" {
		t.Errorf("wrong ones that are right: %s", got)
	}
	b.Set("ending", "")
	b.Set("right", "")
	b.Set("class", "1")
	if got := text(); got != "33 of 100 images" {
		t.Errorf("of one class: %s", got)
	}
	b.Set("class", "")
	b.Click("#differ")
	if got := text(); got != "100 of 100 images" {
		t.Errorf("on which the runs differ: %s", got)
	}
	b.Set("opacity", "0.2")
	b.Until(`document.querySelector("img.map").style.opacity === "0.2"`)
	b.Click("#showboxes")
	b.Until(`document.querySelectorAll("#cards svg").length === 0`)
	b.Shoot("report-desktop")

	// An image opens with the layers of both runs, and the keyboard goes to the next.
	b.Key("#cards button", kb.Enter)
	b.Until(`$("big").open && $("inside").querySelectorAll(".layers").length === 2`)
	if n := browsertest.JS[int](b, `$("inside").querySelectorAll("figure").length`); n != 10 {
		t.Errorf("%d pictures of an image", n)
	}
	before := browsertest.JS[string](b, `$("inside").firstChild.textContent`)
	b.Key("#after", kb.ArrowRight)
	b.Until(`$("inside").firstChild.textContent !== "` + before + `"`)
	b.Key("#close", kb.Enter)
	b.Until(`!$("big").open`)
	if unnamed := b.Unnamed(); unnamed != "" {
		t.Errorf("without a name: %s", unnamed)
	}
	b.Phone()
	if wide := browsertest.JS[int](b, "document.documentElement.scrollWidth"); wide > 360 {
		t.Errorf("the page is %d pixels wide on a phone of 360", wide)
	}
	b.Shoot("report-phone")
}

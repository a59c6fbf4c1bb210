package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"net/http"
	"testing"

	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/localize"
	"acol/internal/model"
)

// tiny is what a server of an untrained ResNet of 4 channels and three classes is made of.
type tiny struct {
	eng   *engine.Engine
	model *model.Model
	opt   localize.Options
	serve Options
}

func newTiny(t testing.TB) *tiny {
	t.Helper()
	c := model.DefaultConfig()
	c.Backbone.Width, c.Backbone.OutputStride = 0.0625, 8
	m, err := model.New(c, 3)
	check(t, err)
	m.Init(7)
	w := &tiny{eng: enginetest.Open(t, enginetest.Portable), model: m}
	w.opt = localize.Options{
		Classes: []string{"cat", "dog", "bird"}, Data: data.DefaultConfig(),
		Config: localize.DefaultConfig(), Batch: 1, Workers: 2,
	}
	w.opt.Data.Input = pixels.Input{Size: 32, Resize: "short", TrainResize: 40, TestResize: 40}
	w.opt.Config.Threshold = "0.6"
	x, err := localize.Explore(w.eng, m, w.opt)
	check(t, err)
	w.serve = Options{
		Model: "tiny", Explorer: x, Config: w.opt.Config, Data: w.opt.Data, Kinds: "pp",
		Hosts: []string{"127.0.0.1", "localhost"},
		Log:   func(err error) { t.Errorf("the server failed: %v", err) },
	}
	return w
}

func (w *tiny) server(t testing.TB) *Server {
	t.Helper()
	s, err := New(w.serve)
	check(t, err)
	return s
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func encoded(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	check(t, png.Encode(&out, img))
	return out.Bytes()
}

// reply is what a handler answered.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request to a handler. Headers are pairs of a name and a value; Host is one too.
func ask(h http.Handler, method, target string, body []byte, headers ...string) reply {
	r, err := http.NewRequestWithContext(context.Background(), method, "http://127.0.0.1:1"+target,
		bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	w := &recorder{reply: reply{status: http.StatusOK, header: http.Header{}}}
	h.ServeHTTP(w, r)
	return w.reply
}

type recorder struct {
	reply
	wrote bool
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if !w.wrote {
		w.status, w.wrote = status, true
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.wrote = true
	w.body = append(w.body, b...)
	return len(b), nil
}

// decoded reads the JSON of an answer that should be good.
func decoded[T any](t *testing.T, r reply) (v T) {
	t.Helper()
	if r.status != http.StatusOK {
		t.Fatalf("status %d: %s", r.status, r.body)
	}
	check(t, json.Unmarshal(r.body, &v))
	return v
}

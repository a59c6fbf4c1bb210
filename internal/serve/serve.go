// Package serve answers requests about one model over HTTP: an interface for programs, and a page
// on which to play with pictures, thresholds and deltas.
//
// One model answers one request at a time; a bounded number of others wait, and further ones get
// 503. Uploads are bounded in bytes and pixels and stay in memory. No request names a file, and
// none is written. Requests from pages of other origins are refused, and away from the loopback
// interface every request needs a token.
package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/localize"
	"acol/internal/viz"
)

// Options say what is served.
type Options struct {
	// Model says in words what is served, such as the name of a run.
	Model string
	// Explorer runs the model. The server alone uses it.
	Explorer *localize.Explorer
	// Config draws maps, by its colour map and opacity.
	Config localize.Config
	// Data bounds the memory for decoding, by its key decode_mb.
	Data data.Config
	// Kinds are the branches: a letter for each, p or n.
	Kinds string
	// Samples are images that the page offers. Their files are read when they are asked for.
	Samples []Sample
	// Hosts are the host names, without ports, that requests may be for. Requests for another are
	// refused: a name that somebody has pointed at this machine (DNS rebinding).
	Hosts []string
	// Token has to come with every request but /healthz, unless it is "".
	Token string
	// Log is told of requests that failed by a fault of the server. It may be nil.
	Log func(error)
}

// Sample is an image that the page offers.
type Sample struct {
	Name  string // the class or the file, for people
	Class string // its true class; "" where that is not known
	Path  string
}

// Bounds of what requests may take.
const (
	maxUpload      = 32 << 20         // bytes of an image
	maxConnections = 64               // at the same time
	maxWaiting     = 16               // requests that wait for the model
	maxUploads     = 8                // uploads that are in memory at the same time
	maxHeader      = 16 << 10         // bytes
	readTime       = 30 * time.Second // for a request with its upload
	writeTime      = 60 * time.Second // for an answer, with the wait for the model
	idleTime       = 2 * time.Minute  // of a connection
	closeTime      = 5 * time.Second  // for requests under way when the server is to end
)

// Server answers requests about a model.
type Server struct {
	opt     Options
	style   viz.OverlayOptions
	room    *pixels.Room
	model   *gate // one at a time
	uploads *gate
	shelf   *shelf
}

// New makes a server.
func New(o Options) (*Server, error) {
	style, err := o.Config.Style()
	return &Server{
		opt: o, style: style, room: o.Data.Room(), shelf: newShelf(),
		model: newGate(1, maxWaiting), uploads: newGate(maxUploads, maxWaiting),
	}, err
}

// Serve answers requests that come through a listener until ctx is done. Then it finishes those
// that are under way, closes the listener and returns nil.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	h := &http.Server{
		Handler: s.Handler(), ReadTimeout: readTime, ReadHeaderTimeout: readTime / 3,
		WriteTimeout: writeTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog: silent(),
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(netutil.LimitListener(l, maxConnections)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	err := h.Shutdown(wait)
	if errors.Is(err, context.DeadlineExceeded) {
		err = h.Close() // those who are slow have had their time
	}
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		return errors.Join(err, served)
	}
	return err
}

// Handler answers all requests.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", healthy)
	mux.HandleFunc("GET /{$}", page("index.html"))
	for _, name := range []string{"app.js", "app.css", "icon.svg"} {
		mux.HandleFunc("GET /"+name, page(name))
	}
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /api/model":                     s.describe,
		"POST /api/localize":                 s.localize,
		"GET /api/samples/{index}/photo.jpg": s.samplePhoto,
		"POST /api/samples/{index}":          s.addSample,
		"POST /api/pictures":                 s.add,
		"GET /api/pictures/{id}":             s.see,
		"GET /api/pictures/{id}/photo.jpg":   s.photo,
		"GET /api/pictures/{id}/map.png":     s.layer,
		"GET /api/pictures/{id}/erased.jpg":  s.erased,
		"GET /api/pictures/{id}/overlay.png": s.overlay,
		"GET /api/pictures/{id}/panel.png":   s.panel,
		"DELETE /api/pictures/{id}":          s.forget,
	} {
		mux.HandleFunc(pattern, s.answer(handle))
	}
	return s.guard(mux)
}

// healthy says that the server is up.
func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprintln(w, "ok")
}

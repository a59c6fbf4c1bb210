package serve

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"acol/internal/data/datatest"
)

func TestOtherNamesOriginsAndTokensAreRefused(t *testing.T) {
	w := newTiny(t)
	open := w.server(t).Handler()
	w.serve.Token = "secret"
	closed := w.server(t).Handler()
	raw := encoded(t, datatest.Disc(60, 40))
	for name, c := range map[string]struct {
		h              http.Handler
		method, target string
		headers        []string
		want           int
	}{
		"own name":               {open, "GET", "/", []string{"Host", "LOCALHOST:99"}, 200},
		"own name without port":  {open, "GET", "/", []string{"Host", "127.0.0.1"}, 200},
		"rebound name":           {open, "GET", "/api/model", []string{"Host", "evil.example:1"}, 421},
		"no name":                {open, "GET", "/api/model", []string{"Host", ""}, 421},
		"own page":               {open, "POST", "/api/localize", []string{"Origin", "http://127.0.0.1:1"}, 200},
		"a program":              {open, "POST", "/api/localize", nil, 200},
		"other origin":           {open, "POST", "/api/localize", []string{"Origin", "http://evil.example"}, 403},
		"other port":             {open, "POST", "/api/localize", []string{"Origin", "http://127.0.0.1:2"}, 403},
		"no origin to speak of":  {open, "POST", "/api/localize", []string{"Origin", "null"}, 403},
		"other site":             {open, "POST", "/api/localize", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"other site of the host": {open, "DELETE", "/api/pictures/x", []string{"Sec-Fetch-Site", "same-site"}, 403},
		"no token":               {closed, "GET", "/", nil, 401},
		"no token, health":       {closed, "GET", "/healthz", nil, 200},
		"wrong token":            {closed, "GET", "/?token=public", nil, 401},
		"token in the address":   {closed, "GET", "/?token=secret", nil, 200},
		"token of an interface":  {closed, "GET", "/api/model?token=secret", nil, 401},
		"bearer":                 {closed, "GET", "/api/model", []string{"Authorization", "Bearer secret"}, 200},
		"wrong bearer":           {closed, "GET", "/api/model", []string{"Authorization", "Bearer "}, 401},
		"cookie":                 {closed, "GET", "/api/model", []string{"Cookie", "acol_token=secret"}, 200},
		"wrong cookie":           {closed, "GET", "/api/model", []string{"Cookie", "acol_token="}, 401},
		"no such page":           {open, "GET", "/../../etc/passwd", nil, 307},
		"no such method":         {open, "PUT", "/api/model", nil, 405},
	} {
		r := ask(c.h, c.method, c.target, raw, c.headers...)
		if r.status != c.want {
			t.Errorf("%s: status %d, want %d: %s", name, r.status, c.want, r.body)
		}
		if r.header.Get("Content-Security-Policy") != policy || r.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", name, r.header)
		}
		if got := strings.Contains(r.header.Get("Set-Cookie"), "secret"); got != (name == "token in the address") {
			t.Errorf("%s: sets a cookie: %v", name, got)
		}
	}
}

func TestTooManyRequestsAreToldToWait(t *testing.T) {
	s := newTiny(t).server(t)
	h := s.Handler()
	raw := encoded(t, datatest.Disc(60, 40))
	s.model = newGate(1, 0)
	leave, err := s.model.enter(context.Background())
	check(t, err)
	r := ask(h, "POST", "/api/localize", raw)
	if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") != "1" {
		t.Errorf("status %d, %v", r.status, r.header)
	}
	leave()
	if r := ask(h, "POST", "/api/localize", raw); r.status != http.StatusOK {
		t.Errorf("afterwards: status %d", r.status)
	}
}

func TestAGateLetsAFewInAndABoundedNumberWait(t *testing.T) {
	g := newGate(2, 1)
	ctx := context.Background()
	var leave []func()
	for range 2 {
		l, err := g.enter(ctx)
		check(t, err)
		leave = append(leave, l)
	}
	third := make(chan error)
	gone, cancel := context.WithCancelCause(ctx)
	go func() {
		_, err := g.enter(gone)
		third <- err
	}()
	for len(g.waiting) < 3 {
		time.Sleep(time.Millisecond)
	}
	if _, err := g.enter(ctx); !errors.Is(err, errBusy) {
		t.Errorf("a fourth: %v", err)
	}
	impatient := errors.New("impatient")
	cancel(impatient)
	if err := <-third; !errors.Is(err, impatient) {
		t.Errorf("one who does not wait: %v", err)
	}
	leave[0]()
	if l, err := g.enter(ctx); err != nil {
		t.Errorf("after one has left: %v", err)
	} else {
		l()
	}
}

func TestAServerThatEndsFinishesWhatItIsIn(t *testing.T) {
	s := newTiny(t).server(t)
	p, err := Listen("127.0.0.1:0", nil)
	check(t, err)
	if !p.Loopback || p.Hosts[0] != "127.0.0.1" {
		t.Errorf("listening at %v", p.Hosts)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, p) }()
	leave, err := s.model.enter(context.Background()) // so that the request is under way
	check(t, err)
	answers := make(chan int)
	raw := encoded(t, datatest.Disc(60, 40))
	go func() {
		r, err := http.Post(p.URL("")+"api/localize", "image/png", bytes.NewReader(raw))
		if err != nil {
			t.Error(err)
			answers <- 0
			return
		}
		answers <- r.StatusCode
		_ = r.Body.Close()
	}()
	for len(s.model.waiting) < 2 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	leave()
	if got := <-answers; got != http.StatusOK {
		t.Errorf("the request under way: status %d", got)
	}
	check(t, <-ended)
	if r, err := http.Get(p.URL("")); err == nil {
		_ = r.Body.Close()
		t.Error("the server still answers")
	}
}

func TestListeningWithoutAHostKnowsTheMachinesNames(t *testing.T) {
	p, err := Listen(":0", []string{"Birds.example"})
	check(t, err)
	defer p.Close()
	got := strings.Join(p.Hosts, " ")
	if p.Loopback || !strings.HasPrefix(got, "birds.example 127.0.0.1 localhost ::1") {
		t.Errorf("names %s", got)
	}
	if _, err := Listen("127.0.0.1", nil); err == nil {
		t.Error("an address without a port is no error")
	}
}

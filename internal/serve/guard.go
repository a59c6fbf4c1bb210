package serve

import (
	"crypto/subtle"
	"embed"
	"io"
	"log"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
)

//go:embed page
var pages embed.FS

// types are the media types of the page's files. They are not asked of the system, which may have
// others.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
}

// page serves one embedded file.
func page(name string) http.HandlerFunc {
	text, err := pages.ReadFile("page/" + name)
	if err != nil {
		panic(err) // a name in this package
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", types[path.Ext(name)])
		_, _ = w.Write(text)
	}
}

// policy lets the page load nothing that the server does not serve itself, and nobody frame it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// cookie holds the token in a browser.
const cookie = "acol_token"

// guard refuses requests that a page of another origin may have caused, and those without the
// token, and sets the headers that keep a browser strict.
func (s *Server) guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !s.knows(r.Host) {
			refuse(w, http.StatusMisdirectedRequest, "this server has another name")
			return
		}
		if origin.Check(r) != nil {
			refuse(w, http.StatusForbidden, "requests from pages of other origins are refused")
			return
		}
		if s.opt.Token != "" && r.URL.Path != "/healthz" && !s.admits(w, r) {
			return
		}
		next.ServeHTTP(w, r)
	})
}

// knows reports whether a request is for this server, by the name and port in its Host header.
func (s *Server) knows(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	return slices.Contains(s.opt.Hosts, name)
}

// admits reports whether a request has the token: as "Authorization: Bearer", as a cookie, or in
// the address of the page, which then sets the cookie. Otherwise it answers the request.
func (s *Server) admits(w http.ResponseWriter, r *http.Request) bool {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && s.isToken(token) {
		return true
	}
	if c, err := r.Cookie(cookie); err == nil && s.isToken(c.Value) {
		return true
	}
	if r.Method == http.MethodGet && r.URL.Path == "/" && s.isToken(r.URL.Query().Get("token")) {
		http.SetCookie(w, &http.Cookie{
			Name: cookie, Value: s.opt.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		})
		return true
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	refuse(w, http.StatusUnauthorized, "this server needs its token: open the address that acol "+
		"serve printed, or send it as Authorization: Bearer TOKEN")
	return false
}

func (s *Server) isToken(given string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(s.opt.Token)) == 1
}

// silent drops what net/http would print of broken connections.
func silent() *log.Logger { return log.New(io.Discard, "", 0) }

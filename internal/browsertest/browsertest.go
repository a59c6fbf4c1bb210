// Package browsertest drives pages in Chromium for tests. Where there is no Chromium, such tests
// are skipped and say so.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Tab is a page in a browser.
type Tab struct {
	// Expected is a part of what the console may say. Whatever else it says fails the test.
	Expected string

	t   *testing.T
	ctx context.Context
}

// Open opens a page of 1280 x 800 pixels. The test is skipped where there is no Chromium, and with
// -short.
func Open(t *testing.T, url string) *Tab {
	t.Helper()
	browser := find()
	if browser == "" || testing.Short() {
		t.Skip("there is no Chromium here, or -short: make browser-test installs and runs it")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser),
		chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancelAlloc)
	page, cancelPage := chromedp.NewContext(alloc)
	t.Cleanup(cancelPage)
	page, cancelTime := context.WithTimeout(page, time.Minute)
	t.Cleanup(cancelTime)
	b := &Tab{t: t, ctx: page}
	b.Size(1280, 800)
	said := chromedp.Console(page)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for m, err := range said {
			if err == nil && (b.Expected == "" || !strings.Contains(m.String(), b.Expected)) {
				t.Errorf("the console says %v", m)
			}
		}
	}()
	t.Cleanup(func() { cancelPage(); <-heard })
	b.Do(chromedp.Navigate(url))
	return b
}

// find returns the path of a browser, "" where there is none.
func find() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Do does what a user does.
func (b *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// Size changes the size of the page, in pixels.
func (b *Tab) Size(width, height int64) { b.t.Helper(); b.Do(chromedp.EmulateViewport(width, height)) }

// Phone makes the page that of a phone.
func (b *Tab) Phone() {
	b.t.Helper()
	b.Do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile))
}

// Click clicks on the element of a selector, Key presses a key on it.
func (b *Tab) Click(selector string) { b.t.Helper(); b.Do(chromedp.Click(selector)) }

// Key presses a key, one of package kb, on the element of a selector.
func (b *Tab) Key(selector, key string) {
	b.t.Helper()
	b.Do(chromedp.Focus(selector), chromedp.KeyEvent(key))
}

// Upload gives a file to an input.
func (b *Tab) Upload(selector, path string) {
	b.t.Helper()
	b.Do(chromedp.SetUploadFiles(selector, []string{path}))
}

// JS evaluates an expression of JavaScript.
func JS[T any](b *Tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Until waits for an expression to be true.
func (b *Tab) Until(expression string) {
	b.t.Helper()
	for range 500 {
		if JS[bool](b, expression) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.t.Fatalf("never true: %s", expression)
}

// Shoot keeps a picture of the page where the variable ACOL_SHOTS names a folder.
func (b *Tab) Shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("ACOL_SHOTS")
	if dir == "" {
		return
	}
	shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o666)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// Unnamed lists the controls of the page that have no name for a screen reader, as HTML.
func (b *Tab) Unnamed() string {
	b.t.Helper()
	return JS[string](b, `[...document.querySelectorAll("input, select, button, a")].filter((e) =>
		!(e.labels && e.labels.length && e.labels[0].textContent.trim()) && !e.textContent.trim() &&
		!e.getAttribute("aria-label")).map((e) => e.outerHTML).join(" ")`)
}

// Set moves a control of an id to a value, as a user does.
func (b *Tab) Set(id, value string) {
	b.t.Helper()
	JS[bool](b, `(() => {
		const e = document.getElementById(`+"`"+id+"`"+`);
		e.value = `+"`"+value+"`"+`;
		e.dispatchEvent(new Event("input", {bubbles: true}));
		e.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`)
}

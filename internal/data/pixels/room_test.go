package pixels

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// blank writes a PNG of one colour and gives its path.
func blank(t testing.TB, m image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "blank.png")
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPicturesInARoomTakeNoMoreThanIt(t *testing.T) {
	path := blank(t, image.NewNRGBA(image.Rect(0, 0, 300, 200)))
	need, err := Measure(path, true)
	if err != nil || need.Width != 300 || need.Height != 200 || need.Kept != 4*300*200 {
		t.Fatalf("%+v, %v", need, err)
	}
	for _, places := range []int64{0, 1, 3} { // 0: one picture is larger than the room
		room := NewRoom(max(places*need.Bytes, 1000))
		var now, most atomic.Int64
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				err := room.Load(context.Background(), path, true, func(image.Image) error {
					n := now.Add(1)
					for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
					}
					time.Sleep(time.Millisecond)
					now.Add(-1)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := most.Load(); got > max(places, 1) {
			t.Errorf("%d pictures at once in a room for %d", got, places)
		}
		if _, ok := room.TryClaim(room.Bytes()); !ok {
			t.Error("memory was not given back")
		}
	}
}

func TestWaitingForRoomEndsWithItsContext(t *testing.T) {
	path := blank(t, image.NewNRGBA(image.Rect(0, 0, 30, 20)))
	room := NewRoom(1000)
	free, err := room.Claim(context.Background(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	stop := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(stop)
	if err := room.Load(ctx, path, true, nil); !errors.Is(err, stop) {
		t.Errorf("loading gave %v", err)
	}
	if _, err := room.Inspect(ctx, path, true); !errors.Is(err, stop) {
		t.Errorf("inspecting gave %v", err)
	}
	if _, err := room.Inspect(ctx, path, false); err != nil {
		t.Errorf("a quick look, which takes no memory, gave %v", err)
	}
}

func TestAPictureOfMoreMemoryThanThereIsIsAnError(t *testing.T) {
	if _, err := NewRoom(1000).Claim(context.Background(), 1<<60); runtime.GOOS == "linux" &&
		(err == nil || !strings.Contains(err.Error(), "it takes 1099511627776 MB of memory, and ")) {
		t.Errorf("got %v", err)
	}
}

func TestDecodingTakesWhatTheHeaderSays(t *testing.T) {
	if testing.Short() {
		t.Skip("-short goes with the race detector, under which more is allocated")
	}
	wide := image.Rect(0, 0, 1500, 1100)
	files := map[string]string{
		"16 bits": blank(t, image.NewNRGBA64(wide)), "grey of 16 bits": blank(t, image.NewGray16(wide)),
		"grey": blank(t, image.NewGray(wide)), "colours": blank(t, image.NewNRGBA(wide)),
	}
	for name, path := range files {
		need, err := Measure(path, true)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Load(path, true); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if took := int64(after.TotalAlloc - before.TotalAlloc); took > need.Bytes+need.Bytes/8 {
			t.Errorf("%s: decoding allocated %d bytes, want %d at most", name, took, need.Bytes)
		}
	}
}

func TestAWebPThatClaimsMuchInFewBytesIsRefused(t *testing.T) {
	for side, refused := range map[uint32]bool{2000: false, 10_000: true} {
		_, err := inMemory(oneColourWebP(side)).header()
		if got := err != nil && strings.Contains(err.Error(), "bytes claim"); got != refused {
			t.Errorf("%d pixels wide: %v", side, err)
		}
	}
}

// oneColourWebP is a lossless WebP whose pixels take no bits: every code has one symbol.
func oneColourWebP(side uint32) []byte {
	var bits uint64
	n := 0
	put := func(v uint32, width int) {
		bits |= uint64(v) << n
		n += width
	}
	put(0x2f, 8)
	put(side-1, 14)
	put(side-1, 14)
	put(0, 1+3+3) // no transparency, version 0; no transforms, no cache, one group of codes
	data := append([]byte{}, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24), byte(bits>>32))
	bits, n = bits>>40, n-40
	for range 5 {
		put(1, 4) // a simple code of one symbol, which is 0
	}
	data = append(data, byte(bits), byte(bits>>8), byte(bits>>16), 0, 0)
	raw := append([]byte("RIFF\x00\x00\x00\x00WEBPVP8L"), byte(len(data)), 0, 0, 0)
	raw = append(raw, data...)
	raw[4] = byte(len(raw) - 8)
	return raw
}

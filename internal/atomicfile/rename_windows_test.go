package atomicfile

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Windows renames nothing over a file that somebody reads.
func TestAFileThatIsReadForAMomentIsReplacedThen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path); !inTheWay(err) {
		t.Fatalf("renaming an open file gives %v: the system does not have what is tested", err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = reader.Close() })
	err = Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "new")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "new" {
		t.Errorf("the file holds %q", got)
	}
	assertAlone(t, path)
}

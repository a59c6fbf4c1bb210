package rows

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestRowsSurviveTheFile(t *testing.T) {
	columns := []string{"network", "machine", "top1"}
	name := filepath.Join(t.TempDir(), "rows.csv")
	if all, err := Read(name, columns); err != nil || all != nil {
		t.Errorf("a missing file gives %v, %v", all, err)
	}
	want := Row{"network": "vgg", "machine": "two, with a comma"}
	if err := Write(name, columns, []Row{want}); err != nil {
		t.Fatal(err)
	}
	all, err := Read(name, columns)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	maps.DeleteFunc(all[0], func(_, v string) bool { return v == "" })
	if !maps.Equal(all[0], want) {
		t.Errorf("read %v, wrote %v", all[0], want)
	}
	for _, text := range []string{"a,b\n1,2\n", "", "network,machine,top1\nvgg\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if all, err := Read(name, columns); err == nil {
			t.Errorf("%q was read as %v", text, all)
		}
	}
}

package plugins

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"acol/internal/datasets"
)

func TestEveryPackageIsPinned(t *testing.T) {
	hash := regexp.MustCompile(`^[0-9a-f]{64}$`)
	place := regexp.MustCompile(`^https://files\.pythonhosted\.org/packages/` +
		`[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/[\w.-]+\.whl$`)
	for system, mark := range map[string]string{"linux/amd64": "x86_64", "linux/arm64": "aarch64"} {
		seen := map[string]bool{}
		for _, p := range all(system) {
			for _, part := range p.Parts {
				if !hash.MatchString(part.SHA256) || !place.MatchString(part.Address) ||
					!strings.HasSuffix(part.Address, "/"+part.Name) || seen[part.SHA256] ||
					!strings.Contains(part.Name, mark) || part.Bytes <= 0 || part.Files <= 0 ||
					part.Unpacked < part.Bytes {
					t.Errorf("%s for %s: %+v", p.Name, system, part)
				}
				seen[part.SHA256] = true
			}
			if p.About == "" || p.Licence == "" || p.Terms == "" || p.Systems == "" {
				t.Errorf("%s lacks words", p.Name)
			}
		}
		if len(seen) < 14 {
			t.Errorf("%s has %d packages, want the plugin for CUDA and 13 libraries", system, len(seen))
		}
	}
}

func TestAPluginIsForSomeSystems(t *testing.T) {
	fits := map[string]string{}
	for _, system := range []string{"linux/amd64", "linux/arm64", "darwin/arm64"} {
		for _, p := range all(system) {
			if p.Fits() {
				fits[system] += p.Name + " "
			}
		}
	}
	if fits["linux/amd64"] != "cuda13 cpu " || fits["linux/arm64"] != "cuda13 " ||
		fits["darwin/arm64"] != "" {
		t.Errorf("plugins %v", fits)
	}
}

// A folder bears the version, so that a newer acol does not take an older plugin for its own.
func TestThePackagesOfAPluginComeTogether(t *testing.T) {
	dir := t.TempDir()
	for _, p := range all("linux/amd64") {
		missing, _ := p.Missing(dir)
		if len(missing) != 1 || !strings.HasPrefix(missing[0], filepath.Join(dir, p.Name+"-0.1")) {
			t.Errorf("%s makes %q", p.Name, missing)
		}
		needed := p.Needed(dir)
		if fetch, unpacked := datasets.Sizes(needed, dir); len(needed) != len(p.Parts) ||
			fetch < 1e7 || unpacked < fetch {
			t.Errorf("%s: %d of %d packages, %d bytes to %d", p.Name, len(needed), len(p.Parts),
				fetch, unpacked)
		}
	}
}

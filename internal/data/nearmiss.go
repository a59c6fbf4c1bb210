package data

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/text/unicode/norm"

	"acol/internal/brief"
)

// NearMisses finds out why a file that a list names is not there. It keeps the names in the last
// folder that it looked into.
type NearMisses struct {
	dir   string
	names map[string]string // the names by their plain forms
}

// maxNames bounds how many names of a folder are kept.
const maxNames = 1 << 18

// Of gives what the folder of a missing file has instead, as the end of a message: a file whose
// name differs in upper and lower case alone, or in the form of its Unicode characters, of which
// macOS writes one and most lists another. It is "" where there is no such file.
func (n *NearMisses) Of(path string) string {
	dir, base := filepath.Split(path)
	if n.names == nil || dir != n.dir {
		n.dir, n.names = dir, map[string]string{}
		if d, err := os.Open(dir); err == nil {
			names, _ := d.Readdirnames(maxNames)
			_ = d.Close()
			for _, name := range names {
				n.names[plainName(name)] = name
			}
		}
	}
	name, near := n.names[plainName(base)]
	switch {
	case !near || name == base:
		return ""
	case norm.NFC.String(name) == norm.NFC.String(base):
		return fmt.Sprintf("; the folder has the name in another Unicode form, %s", unicodeForm(name))
	}
	return fmt.Sprintf("; the folder has %s", brief.Quote(name))
}

// plainName makes names equal that differ in case or in the form of Unicode alone.
func plainName(name string) string { return strings.ToLower(norm.NFC.String(name)) }

// unicodeForm names the form of a name of which there are several.
func unicodeForm(name string) string {
	switch {
	case norm.NFC.IsNormalString(name):
		return "NFC"
	case norm.NFD.IsNormalString(name):
		return "NFD"
	}
	return "neither NFC nor NFD"
}

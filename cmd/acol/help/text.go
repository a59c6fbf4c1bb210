package help

import (
	"regexp"
	"strings"
)

// tableRow is a line of a table in help: a word or words and, behind two or more blanks, what they
// mean. What goes on in the last column stands under it.
var tableRow = regexp.MustCompile(`^(  +\S.*  +)(\S.*)$`)

// fit lays out a text of help for a screen. Paragraphs, which begin at the left, are filled
// anew, and so is the last column of tables. Other lines that begin with blanks stay.
func fit(text string) []string {
	var out []string
	var first, hang string // of what is being collected
	var words []string
	end := func() {
		for i, line := range Wrap(strings.Join(words, " "), Width-len(hang)) {
			if i == 0 {
				line = first + line
			} else {
				line = hang + line
			}
			if words != nil {
				out = append(out, line)
			}
		}
		first, hang, words = "", "", nil
	}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\t", "  "), "\n") {
		row := tableRow.FindStringSubmatch(line)
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		switch {
		case words != nil && line != "" && indent == hang:
			words = append(words, line[len(indent):])
		case row != nil:
			end()
			first, hang, words = row[1], strings.Repeat(" ", len(row[1])), []string{row[2]}
		case line != "" && indent == "":
			end()
			words = []string{line}
		default:
			end()
			out = append(out, line)
		}
	}
	end()
	return out
}

// Package report writes what was measured of models on a split as one HTML file, which needs no
// other file and no network: figures with intervals, curves, groups, and a gallery of images with
// their maps and boxes. Several models stand side by side, with their paired tests.
package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"

	"acol/internal/eval"
	"acol/internal/scoremap"
	"acol/internal/train"
)

// Run is one model of a report.
type Run struct {
	// Name is what the model is called; no two of a report are called alike.
	Name string
	// Measured is what the split gave. Intervals and Records may be nil.
	Measured *eval.Report
	// Kinds are the branches, a letter for each, p or n.
	Kinds string
	// Log has the epochs of its training; empty where there is no log.
	Log []train.EpochRecord
	// Recipe is the resolved recipe, as YAML.
	Recipe string
	// Threshold says where maps are cut, and who chose that.
	Threshold scoremap.Threshold
}

// Report is what a file says.
type Report struct {
	// Runs are models that were measured on the same split, one or more.
	Runs []Run
	// Comparisons are of the first run with each of the others.
	Comparisons []*eval.Comparison
	Gallery     *Gallery
	// Maker says which program made the file, and when.
	Maker string
}

//go:embed page
var pages embed.FS

// page is what the template reads.
type page struct {
	Title, Maker string
	Style        template.CSS
	Script       template.JS
	Policy       string
	Split        string
	Images       int
	Runs         []runPart
	Figures      []figureRow
	Compared     []comparedPart
	Gallery      template.JS
	Shown        int
}

// Write writes the file.
func (r *Report) Write(w io.Writer) error {
	if len(r.Runs) == 0 {
		return fmt.Errorf("a report of no model has nothing to say")
	}
	p := page{
		Maker: r.Maker, Split: r.Runs[0].Measured.Split, Images: r.Runs[0].Measured.Images,
		Figures: figureRows(r.Runs), Compared: comparedParts(r.Comparisons),
		Shown: len(r.Gallery.images),
	}
	p.Title = "acol: " + r.Runs[0].Name
	for i, run := range r.Runs {
		if i > 0 {
			p.Title += ", " + run.Name
		}
		part, err := partOf(run)
		if err != nil {
			return err
		}
		p.Runs = append(p.Runs, part)
	}
	style, script := text("report.css"), text("report.js")
	p.Style, p.Script = template.CSS(style), template.JS(script)
	sum := sha256.Sum256([]byte(script))
	p.Policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-" +
		base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	data, err := r.galleryJSON()
	if err != nil {
		return err
	}
	p.Gallery = template.JS(data)
	t, err := template.ParseFS(pages, "page/report.html")
	if err != nil {
		return err
	}
	return t.Execute(w, p)
}

func text(name string) string {
	b, err := pages.ReadFile("page/" + name)
	if err != nil {
		panic(err) // a name in this package
	}
	return string(b)
}

// galleryJSON is the data of the gallery, as JSON that can stand in a script element: json.Marshal
// writes <, > and & as escapes.
func (r *Report) galleryJSON() ([]byte, error) {
	type run struct {
		Name     string `json:"name"`
		Branches string `json:"branches"`
	}
	data := struct {
		Runs    []run    `json:"runs"`
		Classes []string `json:"classes"`
		Endings []string `json:"endings"`
		Images  []*entry `json:"images"`
	}{Classes: r.Gallery.classes, Endings: eval.Endings(), Images: r.Gallery.images}
	for _, m := range r.Runs {
		data.Runs = append(data.Runs, run{m.Name, m.Kinds})
	}
	var out bytes.Buffer
	err := json.NewEncoder(&out).Encode(data)
	return bytes.TrimSpace(out.Bytes()), err
}

package main

import (
	"context"
	"regexp"

	"github.com/spf13/cobra"

	"acol/internal/hub"
	"acol/internal/model"
	"acol/internal/nearest"
)

type weightsGetOptions struct {
	streams *streams
	Names   []string
	Mirror  string
	SHA256  string
	JSON    bool
}

func newWeightsGetCmd(
	s *streams, runF func(context.Context, *weightsGetOptions) error,
) *cobra.Command {
	o := &weightsGetOptions{streams: s}
	c := &cobra.Command{
		Use:   "get NAME...",
		Short: "Fetch weights that torchvision publishes",
		Long: `Fetch weights that torchvision publishes, check them against the hash in their
name, keep them in the cache and print where they are. A download that broke off
is gone on with; a file that is there is only checked.

The cache is ACOL_CACHE, or acol/weights in your cache folder. HTTPS_PROXY and
NO_PROXY name a proxy; --mirror or ACOL_MIRROR another server with the same file
names. A recipe with model.backbone.weights: imagenet does the same by itself.

torchvision's names hold 8 of the 64 digits of a file's SHA-256, for which somebody
who wants to can make another file within minutes. That is enough for what comes from
torchvision's own server; of a mirror's file, --sha256 checks all digits.

Exit codes: 0 done; 1 the file cannot be fetched; 2 there is no such name;
130 interrupted, what has come is kept.`,
		Example: `  acol weights get resnet50 squeezenet1_1
  acol weights get vgg16 --mirror https://mirror.example.org/torchvision
  acol inspect "$(acol weights get resnet18)"`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.Names = args
			if err := o.check(); err != nil {
				return err
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Mirror, "mirror", "", "base `URL` to fetch from instead of "+hub.Server)
	f.StringVar(&o.SHA256, "sha256", "",
		"the file's whole `HASH`, 64 hexadecimal digits; for a single NAME")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a file")
	return c
}

// wholeHash matches a SHA-256 in hexadecimal digits.
var wholeHash = regexp.MustCompile(`^[0-9A-Fa-f]{64}$`)

func (o *weightsGetOptions) check() error {
	switch {
	case o.SHA256 == "":
		return nil
	case len(o.Names) > 1:
		return usagef("--sha256 is of a single name, not of %d", len(o.Names))
	case !wholeHash.MatchString(o.SHA256):
		return usagef("--sha256: %q is not 64 hexadecimal digits", o.SHA256)
	}
	return nil
}

func runWeightsGet(ctx context.Context, o *weightsGetOptions) error {
	cache, err := hub.Open(o.streams.Env)
	if err != nil {
		return err
	}
	if o.Mirror != "" {
		cache.Mirror = o.Mirror
	}
	files := make([]model.Published, len(o.Names))
	for i, name := range o.Names {
		f, ok := model.FindPublished(name)
		if !ok {
			return hinted{unknownWeights(name), "acol weights list shows all of them"}
		}
		f.SHA256 = o.SHA256
		files[i] = f
	}
	for _, f := range files {
		got, err := fetch(ctx, o.streams, cache, f.File)
		if err != nil {
			return err
		}
		f.SHA256 = got.SHA256
		if err := printFetched(o, cache, f, got.Path); err != nil {
			return err
		}
	}
	return nil
}

func printFetched(o *weightsGetOptions, cache *hub.Cache, f model.Published, path string) error {
	if !o.JSON {
		return printLast(o.streams.Out, "%s\n", path)
	}
	url, err := cache.Shown(f.File)
	if err != nil {
		return err
	}
	return newJSONLines(o.streams.Out).Encode(weightsLine{Published: f, URL: url, Path: path, Here: true})
}

// unknownWeights is the error of a name that is in no table, with the nearest one that is.
func unknownWeights(name string) error {
	if near := nearest.Meant(name, publishedNames()); near != "" {
		return usagef("no published weights %q; did you mean %s?", name, near)
	}
	return usagef("no published weights %q", name)
}

// fetch returns a published file, which it fetches with progress where it is not in the cache. It
// says what is not certain of a mirror's file.
func fetch(
	ctx context.Context, s *streams, cache *hub.Cache, f hub.File,
) (hub.Fetched, error) {
	if !cache.Has(f) {
		s.say("fetching %s (%.0f MiB) into %s", f.Name, f.MiB, cache.Dir)
	}
	const unit = 1 << 10 // of kib, in bytes
	p := newProgress(s, f.Name, kib)
	defer p.done()
	cache.Progress = func(done, total int64) {
		if total > 0 {
			p.update(int(done/unit), int((total+unit-1)/unit))
		}
	}
	got, err := cache.Get(ctx, f)
	if err == nil && f.SHA256 == "" && (cache.Mirrored() || got.Foreign) {
		p.done()
		from := "a mirror may have sent"
		if got.Foreign {
			from = "another user may have put there"
		}
		s.say("warning: of the SHA-256 of %s, which %s, only the %d digits in its name were checked: "+
			"another file with the same ones can be made within minutes", got.Path, from, len(f.Hash()))
		s.hint("compare the whole hash with one from a source that you trust: %s "+
			"(acol weights get --sha256 does so)", got.SHA256)
	}
	return got, err
}

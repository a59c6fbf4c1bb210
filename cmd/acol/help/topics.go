package help

import (
	"maps"
	"slices"
)

// topics are the pages of acol help that are no command's.
var topics = map[string]string{
	"exit-codes": `Results go to standard output, progress and messages to standard error.

Every command ends with one of these codes:

  0    done
  1    failed
  2    wrong flags, arguments or recipe: nothing was begun
  3    some or all of the images failed; each was reported, and the rest are done
  4    a check found errors
  5    a check found warnings, but no errors
  130  interrupted, with everything saved: by Ctrl-C, SIGTERM, a terminal that
       closes, or a pipe behind standard error that breaks`,
	"environment": `These variables change what acol does:

  ACOL_TRAIN_EPOCHS=3, ...  a key of the recipe, here train.epochs. It wins over the
                            recipe, and --set wins over it. acol config keys --long
                            names the variable of each key
  ACOL_CACHE                the folder of fetched files (default: acol/weights in your
                            cache folder)
  ACOL_MIRROR               the server to fetch published weights from
  ACOL_MIRROR_DATA          the server to fetch data sets from
  ACOL_PLUGINS              the folder of PJRT plugins (default: acol/plugins in your
                            cache folder)
  ACOL_COMPILED             the folder of programs compiled for devices, or off
                            (default: acol/compiled in your cache folder)
  ACOL_DEVICE_MEMORY        the share of a GPU's memory to take, such as 0.9 (default:
                            the plugin's, which is 0.75 of NVIDIA's)
  ACOL_MIRROR_PLUGINS       a server to fetch plugins from in place of PyPI's
  HTTPS_PROXY, NO_PROXY     the proxy for what is fetched
  GOMEMLIMIT, GOGC          how much memory Go's runtime aims at, and how often it
                            collects; acol chooses them by the machine otherwise`,
}

// Topics are the names of the pages that are no command's, in order.
func Topics() []string { return slices.Sorted(maps.Keys(topics)) }

// Topic is the page of that name in lines; ok is false where there is none.
func Topic(name string) (lines []string, ok bool) {
	text, ok := topics[name]
	return fit(text), ok
}

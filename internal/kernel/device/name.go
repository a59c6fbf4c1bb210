package device

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"acol/internal/brief"
	"acol/internal/kernel/backend"
	"acol/internal/nearest"
)

// The words that name devices beside those of Platforms.
const (
	// CPU is this machine's processor, by acol's own kernels.
	CPU = backend.CPU
	// Auto is the first device of a plugin in the folder of plugins that is no processor and can
	// be used, else CPU.
	Auto = "auto"
)

// xlaCPU is the word for a processor that XLA computes on, which is for tests.
const xlaCPU = "xla-cpu"

// maxDevices bounds the devices that a name may list, and their numbers.
const maxDevices = 64

// Words lists the names of devices, which may be followed by numbers of devices: cuda:1.
func Words() []string { return append([]string{Auto, CPU}, PluginWords()...) }

// PluginWords lists the words for the devices of plugins.
func PluginWords() []string {
	var list []string
	for _, p := range platforms {
		list = append(list, p.word)
	}
	return list
}

// Name is the name of a device, such as cuda:0 or plugins/xla_cuda_plugin.so, taken apart.
type Name struct {
	// Word is one of Words; it is empty where a plugin's file is named.
	Word string
	// Path is the file of a plugin, or empty.
	Path string
	// Ordinals number devices of the plugin, from 0, in rising order. Empty is the first device.
	Ordinals []int
}

// Parse takes a name apart. What is neither one of Words nor looks like a path is an *Error that is
// Wrong. Whether there is such a device, Parse does not look.
func Parse(text string) (Name, error) {
	before, list, numbered := cutOrdinals(text)
	n := Name{Word: before}
	if strings.ContainsAny(before, `/\.`) {
		n = Name{Path: before}
	} else if !slices.Contains(Words(), before) {
		return Name{}, unknown(text, before)
	}
	if !numbered {
		return n, nil
	}
	if n.Word == CPU || n.Word == Auto {
		return Name{}, &Error{Wrong: true,
			Text:   fmt.Sprintf("%s: %s has no numbers", brief.Quote(text), n.Word),
			Advice: "number the devices of a plugin, such as cuda:1"}
	}
	for part := range strings.SplitSeq(list, ",") {
		k, err := strconv.Atoi(part)
		if err != nil || k >= maxDevices || slices.Contains(n.Ordinals, k) {
			return Name{}, &Error{Wrong: true,
				Text: fmt.Sprintf("%s: the numbers of devices go from 0 to %d, each once",
					brief.Quote(text), maxDevices-1),
				Advice: "acol device list shows the devices"}
		}
		n.Ordinals = append(n.Ordinals, k)
	}
	slices.Sort(n.Ordinals)
	return n, nil
}

// cutOrdinals cuts numbers between commas behind the last colon off a name. A colon without them
// is a part of a path.
func cutOrdinals(text string) (before, list string, numbered bool) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 || at == len(text)-1 || strings.Trim(text[at+1:], "0123456789,") != "" {
		return text, "", false
	}
	return text[:at], text[at+1:], true
}

// Count is how many devices the name is of.
func (n Name) Count() int { return max(len(n.Ordinals), 1) }

// For is the devices of process k, from 0, of those of a machine that share out its devices. Each
// gets as many of a list, in a row; where there are more processes than devices, one after the
// other and again from the first. Without a list it is device k of the plugin. A processor and Auto
// stay what they are. A list that cannot be shared out equally is an *Error that is Wrong.
func (n Name) For(k, of int) (Name, error) {
	switch count := len(n.Ordinals); {
	case n.Word == CPU || n.Word == Auto:
	case count == 0:
		n.Ordinals = []int{k}
	case count < of:
		n.Ordinals = n.Ordinals[k%count:][:1]
	case count%of > 0:
		return n, &Error{Wrong: true, Text: fmt.Sprintf("%s: %d devices cannot be shared out "+
			"equally to the %d processes of a machine", n, count, of)}
	default:
		n.Ordinals = n.Ordinals[k*(count/of):][:count/of]
	}
	return n, nil
}

// String is the name as Parse takes it.
func (n Name) String() string {
	text := n.Word + n.Path
	for i, k := range n.Ordinals {
		text += string(":,"[min(i, 1)]) + strconv.Itoa(k)
	}
	return text
}

// unknown is the error of a word that names no device.
func unknown(text, word string) error {
	e := &Error{Wrong: true, Text: fmt.Sprintf(
		"%s is no device: want %s, or the path of a plugin, which has a slash or a dot",
		brief.Quote(text), strings.Join(Words(), ", "))}
	word, _, _ = strings.Cut(strings.ToLower(word), ":")
	meant := nearest.Meant(word, Words())
	if slices.Contains([]string{"gpu", "nvidia", "cuda12", "cuda13"}, word) {
		meant = "cuda"
	}
	if meant != "" {
		e.Text += fmt.Sprintf("; did you mean %s?", meant)
	}
	return e
}

// platform is a kind of devices.
type platform struct {
	word string
	// client is what plugins call it, in lower case.
	client string
	// marks are parts of the names of its plugins' files and folders.
	marks []string
	// gpu says that its plugins take the options of those for GPUs.
	gpu bool
}

var platforms = []platform{
	{word: "cuda", client: "cuda", marks: []string{"cuda"}, gpu: true},
	{word: "rocm", client: "rocm", marks: []string{"rocm"}, gpu: true},
	{word: "tpu", client: "tpu", marks: []string{"libtpu", "pjrt_tpu"}},
	{word: xlaCPU, client: platformCPU, marks: []string{"cpu"}},
}

// guess tells the platform of a plugin by the names of its file and of the two folders that it is
// in; it is empty where these say nothing.
func guess(path string) platform {
	for range 3 {
		name := strings.ToLower(filepath.Base(path))
		for _, p := range platforms {
			for _, m := range p.marks {
				if strings.Contains(name, m) {
					return p
				}
			}
		}
		path = filepath.Dir(path)
	}
	return platform{}
}

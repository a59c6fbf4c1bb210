// Package datasets fetches data sets that others publish and puts them where the recipes look for
// them.
package datasets

import (
	"strings"

	"acol/internal/hub"
)

// Set is a published data set, or something else that is fetched and unpacked like one.
type Set struct {
	// Name is what people call it on the command line; Aliases are other names of it.
	Name    string
	Aliases []string
	// Kind is what messages call it; "" is a data set.
	Kind string
	// About is what it holds.
	About string
	// Licence says in a sentence what may be done with it, and Terms is an address with more.
	Licence, Terms string
	// Makes are the folders that it makes, with slashes.
	Makes []string
	// Parts are its archives.
	Parts []Part
	// Recipe is the one that trains on it; Root and Metadata are its keys data.root and
	// data.metadata, below the folder of all data sets. Metadata may be "".
	Recipe, Root, Metadata string
	// Keys are what the recipe needs besides where it does not expect the set, KEY=VALUE.
	Keys []string
	// ByHand says how to come by a set that acol cannot fetch; "" for the others.
	ByHand string
}

// Part is an archive of a set.
type Part struct {
	hub.Archive
	// Page is where people can fetch an archive that acol cannot, since it has no Address.
	Page string
	// Moves say where its files go.
	Moves []Move
	// Files and Unpacked are about what it holds: entries, and bytes.
	Files    int
	Unpacked int64
	// Programs says that its programs stay such as can be run.
	Programs bool
}

// Move says where a folder of an archive goes. An asterisk as the first part of From stands for a
// folder of any name.
type Move struct{ From, To string }

const (
	mB = 1000 * 1000
	gB = 1000 * mB
)

// wsolCommit is the version of wsolevaluation's repository that the metadata is taken from.
const wsolCommit = "96f4b88679af41f005824661f47e6fe3628af2aa"

// wsol is the metadata of wsolevaluation for some sets. GitHub makes the archive anew at each
// request and publishes no hash.
func wsol(sets ...string) Part {
	p := Part{
		Archive: hub.Archive{
			Name:    "wsolevaluation-" + wsolCommit[:7] + ".tar.gz",
			Address: "https://codeload.github.com/clovaai/wsolevaluation/tar.gz/" + wsolCommit,
			Owner:   "GitHub", Most: 400 * mB,
		},
		Files: 1000, Unpacked: 500 * mB,
	}
	for _, s := range sets {
		p.Moves = append(p.Moves, Move{"*/metadata/" + s, "metadata/" + s})
	}
	return p
}

// cub is the archive of CUB-200-2011.
func cub(from, to string) Part {
	return Part{
		Archive: hub.Archive{
			Name: "CUB_200_2011.tgz",
			Address: "https://data.caltech.edu/records/65de6-vp158/files/" +
				"CUB_200_2011.tgz?download=1",
			Owner: "Caltech", Bytes: 1_150_585_339,
			SHA256: "0c685df5597a8b24909f6a7c9db6d11e008733779a671760afef78feb49bf081",
		},
		Moves: []Move{{from, to}}, Files: 20_000, Unpacked: 1300 * mB,
	}
}

// voc is an archive of Pascal VOC.
func voc(year, file string, bytes int64, sum string) Part {
	return Part{
		Archive: hub.Archive{
			Name: file, Address: "https://thor.robots.ox.ac.uk/pascal/VOC/voc" + year + "/" + file,
			Owner: "the University of Oxford", Bytes: bytes, SHA256: sum,
		},
		Moves: []Move{{"VOCdevkit/VOC" + year, "VOCdevkit/VOC" + year}},
		Files: 60_000, Unpacked: bytes,
	}
}

// coco is an archive of COCO, which holds one folder.
func coco(path, folder string, bytes int64, sum string, files int, unpacked int64) Part {
	return Part{
		Archive: hub.Archive{
			Name:    path[strings.LastIndexByte(path, '/')+1:],
			Address: "https://s3.amazonaws.com/images.cocodataset.org/" + path,
			Owner:   "the COCO Consortium", Bytes: bytes, SHA256: sum,
		},
		Moves: []Move{{folder, "coco/" + folder}}, Files: files, Unpacked: unpacked,
	}
}

// What several sets say of what may be done with them.
const (
	research = "for non-commercial research and education only"
	flickr   = "the photographs are Flickr's: its terms of use hold, and their owners' rights"
)

// sets are the data sets. Each size and each hash is one that several other programs check, which
// different people have written; torchvision's prototypes of data sets have most of them.
var sets = []Set{
	{
		Name: "cub", Aliases: []string{"cub-200-2011", "cub200", "cub_200_2011"},
		About:   "CUB-200-2011: 11,788 photographs of 200 species of birds, with boxes",
		Licence: research + "; the photographs belong to their owners",
		Terms:   "https://www.vision.caltech.edu/datasets/cub_200_2011/",
		Makes:   []string{"CUB_200_2011"}, Parts: []Part{cub("CUB_200_2011", "CUB_200_2011")},
		Recipe: "cub-resnet50-pp", Root: "CUB_200_2011",
	},
	{
		Name:    "cubv2",
		About:   "CUB with CUBV2, 1,000 more photographs with boxes, as wsolevaluation splits them",
		Licence: research + "; CUBV2's boxes are CC BY 2.0 (NAVER)",
		Terms:   "https://github.com/clovaai/wsolevaluation#2-dataset-downloading-and-license",
		Makes:   []string{"CUB", "metadata/CUB"},
		Parts: []Part{
			{
				Archive: hub.Archive{Name: "CUBV2.tar", Owner: "NAVER", Most: 2 * gB},
				Page:    "https://drive.google.com/open?id=1U6cwKHS65wayT9FFvoLIA8cn1k0Ot2M1",
				Moves:   []Move{{"", "CUB"}}, Files: 5000, Unpacked: 2 * gB,
			},
			cub("CUB_200_2011/images", "CUB"), wsol("CUB"),
		},
		Recipe: "cubv2-resnet50-pp", Root: "CUB", Metadata: "metadata/CUB",
	},
	{
		Name: "voc2012", Aliases: []string{"voc", "pascal-voc", "voc12"},
		About:   "Pascal VOC 2012: 17,125 photographs of 20 kinds of objects, with boxes",
		Licence: flickr, Terms: "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
		Makes: []string{"VOCdevkit/VOC2012"},
		Parts: []Part{voc("2012", "VOCtrainval_11-May-2012.tar", 1_999_639_040,
			"e14f763270cf193d0b5f74b169f44157a4b0c6efa708f4dd0ff78ee691763bcb")},
		Recipe: "voc2012-resnet50-pp", Root: "VOCdevkit/VOC2012",
	},
	{
		Name: "voc2007", Aliases: []string{"voc07"},
		About:   "Pascal VOC 2007 with its test half: 9,963 photographs of 20 kinds, with boxes",
		Licence: flickr, Terms: "http://host.robots.ox.ac.uk/pascal/VOC/voc2007/",
		Makes: []string{"VOCdevkit/VOC2007"},
		Parts: []Part{
			voc("2007", "VOCtrainval_06-Nov-2007.tar", 460_032_000,
				"7d8cd951101b0957ddfd7a530bdc8a94f06121cfc1e511bb5937e973020c7508"),
			voc("2007", "VOCtest_06-Nov-2007.tar", 451_020_800,
				"6836888e2e01dca84577a849d339fa4f73e1e4f135d312430c4856b5609b4892"),
		},
		Recipe: "voc2012-resnet50-pp", Root: "VOCdevkit/VOC2007",
		Keys: []string{"name=voc2007-resnet50-pp", "data.val=val", "data.test=test"},
	},
	{
		Name: "coco2017", Aliases: []string{"coco", "mscoco"},
		About:   "COCO 2017: 123,287 photographs of 80 kinds of objects, with boxes and masks",
		Licence: "the annotations are CC BY 4.0; " + flickr,
		Terms:   "https://cocodataset.org/#termsofuse",
		Makes:   []string{"coco/annotations", "coco/val2017", "coco/train2017"},
		Parts: []Part{
			coco("annotations/annotations_trainval2017.zip", "annotations", 252_907_541,
				"113a836d90195ee1f884e704da6304dfaaecff1f023f49b6ca93c4aaae470268", 100, 2*gB),
			coco("zips/val2017.zip", "val2017", 815_585_330,
				"4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05", 6000, 1*gB),
			coco("zips/train2017.zip", "train2017", 19_336_861_798,
				"69a8bb58ea5f8f99d24875f21416de2e9ded3178e903f1f7603e283b9e06d929", 120_000, 20*gB),
		},
		Recipe: "coco2017-resnet50-pp", Root: "coco", Metadata: "coco/annotations",
	},
	{
		Name: "openimages", Aliases: []string{"openimages30k"},
		About:   "OpenImages30k of wsolevaluation: 37,319 photographs of 100 kinds, with masks",
		Licence: "the photographs are CC BY 2.0, the annotations CC BY 4.0 (Google)",
		Terms:   "https://storage.googleapis.com/openimages/web/factsfigures.html",
		Makes:   []string{"OpenImages", "metadata/OpenImages"},
		Parts: []Part{
			openImages("OpenImages_images.zip", "1oOb4WQ-lb8SYppHEg3lWnpHk1X8WVO4e"),
			openImages("OpenImages_annotations.zip", "1eu1YvcZlsEalhXTS_5Ni5tkImCliIPie"),
			wsol("OpenImages"),
		},
		Recipe: "openimages-resnet50-pp", Root: "OpenImages", Metadata: "metadata/OpenImages",
	},
	{
		Name: "wsol", Aliases: []string{"wsolevaluation", "metadata"},
		About:   "wsolevaluation's lists, labels and boxes for CUB, ImageNet and OpenImages30k",
		Licence: "the code is under MIT's, NAVER's boxes CC BY 2.0, Google's masks CC BY 4.0",
		Terms:   "https://github.com/clovaai/wsolevaluation#2-dataset-downloading-and-license",
		Makes:   []string{"metadata/CUB", "metadata/ILSVRC", "metadata/OpenImages"},
		Parts:   []Part{wsol("CUB", "ILSVRC", "OpenImages")},
	},
	{
		Name:    "imagenetv2",
		About:   "ImageNetV2, threshold 0.7: 10,000 photographs, wsolevaluation's val for ImageNet",
		Licence: "its authors state none for the photographs, which come from Flickr",
		Terms:   "https://github.com/modestyachts/ImageNetV2",
		Makes:   []string{"ILSVRC/val2", "metadata/ILSVRC"},
		Parts: []Part{{
			Archive: hub.Archive{
				Name: "imagenetv2-threshold0.7.tar.gz",
				Address: "https://huggingface.co/datasets/vaishaal/ImageNetV2/resolve/main/" +
					"imagenetv2-threshold0.7.tar.gz",
				Owner: "the authors of ImageNetV2", Most: 5 * gB,
			},
			Moves: []Move{{"*", "ILSVRC/val2"}}, Files: 20_000, Unpacked: 5 * gB,
		}, wsol("ILSVRC")},
	},
	{
		Name: "imagenet", Aliases: []string{"ilsvrc", "ilsvrc2012", "imagenet1k"},
		About:   "ImageNet CLS-LOC: 1.3 million photographs of 1,000 classes, with boxes for val",
		Licence: research + ", to those who agree to its terms in person",
		Terms:   "https://image-net.org/download.php",
		Recipe:  "imagenet-clsloc-resnet50-pp",
		ByHand: "register at https://image-net.org/download.php and fetch " +
			"ILSVRC2012_img_train.tar, ILSVRC2012_img_val.tar and ILSVRC2012_bbox_val_v3.tgz, " +
			"or the competition's archive from " +
			"https://www.kaggle.com/c/imagenet-object-localization-challenge; " +
			"docs/data.md says which files go where",
	},
}

// openImages is an archive of OpenImages30k, which a browser alone can fetch from Google Drive.
func openImages(file, id string) Part {
	return Part{
		Archive: hub.Archive{Name: file, Owner: "NAVER", Most: 20 * gB},
		Page:    "https://drive.google.com/open?id=" + id,
		Moves:   []Move{{"", "OpenImages"}}, Files: 500_000, Unpacked: 20 * gB,
	}
}

// All returns the published data sets.
func All() []Set { return sets }

// Find returns the set of a name or an alias, in any case.
func Find(name string) (*Set, bool) {
	name = strings.ToLower(name)
	for i := range sets {
		for _, n := range append([]string{sets[i].Name}, sets[i].Aliases...) {
			if n == name {
				return &sets[i], true
			}
		}
	}
	return nil, false
}

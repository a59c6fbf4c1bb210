package scout

import (
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acol/internal/data"
	"acol/internal/data/datatest"
)

// made makes a folder of files; those named like images are pictures of 40x20 pixels.
func made(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	picture := string(datatest.PNG(t, image.NewGray(image.Rect(0, 0, 40, 20))))
	for name := range files {
		if strings.HasSuffix(name, ".jpg") {
			files[name] = picture
		}
	}
	datatest.Put(t, dir, files)
	return dir
}

// photos names n photographs in each of the folders.
func photos(n int, folders ...string) map[string]string {
	files := map[string]string{}
	for _, f := range folders {
		for i := range n {
			files[fmt.Sprintf("%s/%d.jpg", f, i)] = ""
		}
	}
	return files
}

func with(files map[string]string, more ...string) map[string]string {
	for i := 0; i < len(more); i += 2 {
		files[more[i]] = more[i+1]
	}
	return files
}

const (
	xmlCat = "<annotation><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin>" +
		"<xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>"
	xmlDog = "<annotation><object><name>dog</name><bndbox><xmin>1</xmin><ymin>1</ymin>" +
		"<xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>"
	cocoText = `{"images":[{"id":1,"file_name":"0.jpg"},{"id":2,"file_name":"1.jpg"}],` +
		`"categories":[{"id":1,"name":"cat"},{"id":2,"name":"dog"}],"annotations":[` +
		`{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,5,5]},{"id":2,"image_id":2,"category_id":2}]}`
)

// keys writes what of a configuration differs from the defaults, with the root's last name.
func keys(c data.Config, dir string) string {
	d := data.DefaultConfig()
	var b strings.Builder
	say := func(name string, is, usual any) {
		if is != usual {
			fmt.Fprintf(&b, " %s=%v", name, is)
		}
	}
	fmt.Fprintf(&b, "%s root=%s", c.Format, strings.TrimPrefix(c.Root, dir))
	if c.Metadata != "" {
		say("metadata", "."+strings.TrimPrefix(c.Metadata, dir), "")
	}
	say("train", c.Train, d.Train)
	say("val", c.Val, d.Val)
	say("test", c.Test, d.Test)
	say("val_share", c.ValShare, 0.0)
	say("test_share", c.TestShare, 0.0)
	say("on_error", c.OnError, d.OnError)
	if len(c.Classes) > 0 {
		fmt.Fprintf(&b, " classes=%v", c.Classes)
	}
	return b.String()
}

func TestLookFindsWhereLabelsAre(t *testing.T) {
	split := "path,label,split\na/0.jpg,cat,train\na/1.jpg,dog,train\n" +
		"b/0.jpg,cat,val\nb/1.jpg,dog,test\n"
	for name, tc := range map[string]struct {
		files map[string]string
		want  string // the keys, and train+val+test with boxes
	}{
		"class folders": {photos(10, "cat", "dog"),
			"folder root= train=. val_share=0.2 test_share=0.2; 12+4+4, 0 boxed"},
		"class folders in a folder": {photos(10, "pets/cat", "pets/dog"),
			"folder root=/pets train=. val_share=0.2 test_share=0.2; 12+4+4, 0 boxed"},
		"an empty class": {with(photos(10, "cat", "dog"), "emu/x.heic", "x"),
			"folder root= train=. val_share=0.2 test_share=0.2 classes=[cat dog]; 12+4+4, 0 boxed"},
		"a folder with runs in it": {with(photos(5, "cat", "dog", "runs/a/pictures"),
			"runs/a/recipe.yaml", "", "runs/a/log.jsonl", ""),
			"folder root= train=. val_share=0.2 test_share=0.2 classes=[cat dog]; 6+2+2, 0 boxed"},
		"splits": {photos(5, "train/cat", "train/dog", "val/cat", "val/dog", "test/cat", "test/dog"),
			"folder root=; 10+10+10, 0 boxed"},
		"other names of splits": {photos(5, "Training/cat", "Training/dog", "valid/cat", "valid/dog"),
			"folder root= train=Training test=valid val_share=0.2; 8+2+10, 0 boxed"},
		"train alone": {photos(5, "train/cat", "train/dog"),
			"folder root= val_share=0.2 test_share=0.2; 6+2+2, 0 boxed"},
		"a table": {with(photos(6, "a", "b"), "labels.csv",
			"file,label\na/0.jpg,cat\na/1.jpg,cat\na/2.jpg,cat\na/3.jpg,dog\na/4.jpg,dog\nb/0.jpg,dog\n"),
			"csv root= train=labels.csv val_share=0.2 test_share=0.2; 2+2+2, 0 boxed"},
		"a table beside a folder": {with(photos(6, "pictures"), "train.csv",
			"id,breed\n0,cat\n1,cat\n2,cat\n3,dog\n4,dog\n5,dog\n"),
			"csv root=/pictures metadata=. train=train.csv val_share=0.2 test_share=0.2; 2+2+2, 0 boxed"},
		"a competition": {with(photos(6, "train"), "labels.csv",
			"id,breed\n0,cat\n1,cat\n2,cat\n3,dog\n4,dog\n5,dog\n", "sample_submission.csv", "id,cat\n",
			"test/7.jpg", "", "test/8.jpg", "", "test/9.jpg", "", "test/10.jpg", "", "test/11.jpg", "",
			"test/12.jpg", "", "test/13.jpg", ""),
			"csv root=/train metadata=. train=labels.csv val_share=0.2 test_share=0.2; 2+2+2, 0 boxed"},
		"a table of splits": {with(photos(2, "a", "b"), "all.csv", split),
			"csv root= train=all.csv val=all.csv test=all.csv; 2+1+1, 0 boxed"},
		"a table of train and test": {
			with(photos(4, "a"), "all.csv", "path,label,split\na/0.jpg,x,train\na/1.jpg,x,train\n"+
				"a/2.jpg,y,train\na/3.jpg,y,test\n"),
			"csv root= train=all.csv test=all.csv val_share=0.2; 2+1+1, 0 boxed"},
		"a list": {with(photos(3, "a", "b"), "list.txt",
			"a/0.jpg 0\na/1.jpg 0\na/2.jpg 0\nb/0.jpg 1\nb/1.jpg 1\nb/2.jpg 1\n", "notes.txt", "hello\n"),
			"list root= train=list.txt val_share=0.2 test_share=0.2; 2+2+2, 0 boxed"},
		"VOC's folders": {with(photos(2, "JPEGImages"), "Annotations/0.xml", xmlCat,
			"Annotations/1.xml", xmlDog),
			"voc root= train=. val= test=; 2+0+0, 2 boxed"},
		"VOC's lists": {with(photos(3, "JPEGImages"), "Annotations/0.xml", xmlCat,
			"Annotations/1.xml", xmlDog, "Annotations/2.xml", xmlDog, "ImageSets/Main/train.txt", "0\n1\n",
			"ImageSets/Main/val.txt", "2\n", "ImageSets/Main/trainval.txt", "0\n1\n2\n"),
			"voc root= val= test=val; 2+0+1, 3 boxed"},
		"XML files beside images": {with(photos(3, "."), "0.xml", xmlCat, "1.xml", xmlDog),
			"voc root= train=. val= test= on_error=skip; 2+0+0, 2 boxed"},
		"COCO's file": {with(photos(2, "images"), "annotations.json", cocoText),
			"coco root=/images metadata=. train=annotations val= test=; 2+0+0, 1 boxed"},
		"COCO's annotations": {with(photos(2, "train2017", "val2017"),
			"annotations/instances_train2017.json", cocoText,
			"annotations/instances_val2017.json", cocoText, "annotations/captions_val2017.json", "[]"),
			"coco root= metadata=./annotations train=instances_train2017 " +
				"val= test=instances_val2017; 2+0+2, 2 boxed"},
		"Roboflow's COCO": {with(photos(2, "train", "valid", "test"),
			"train/_annotations.coco.json", cocoText, "valid/_annotations.coco.json", cocoText,
			"test/_annotations.coco.json", cocoText),
			"coco root= train=train/_annotations.coco val=valid/_annotations.coco " +
				"test=test/_annotations.coco; 2+2+2, 3 boxed"},
		"YOLO's folders": {with(photos(2, "images/train", "images/val"), "data.yaml", "names: [cat, dog]",
			"labels/train/0.txt", "0 .5 .5 1 1", "labels/train/1.txt", "1 .5 .5 1 1",
			"labels/val/0.txt", "1 .5 .5 1 1"),
			"yolo root= train=images/train val= test=images/val; 2+0+1, 3 boxed"},
		"Roboflow's YOLO": {with(photos(2, "train/images", "valid/images", "test/images"),
			"data.yaml", "names: [cat, dog]", "train/labels/0.txt", "0 .5 .5 1 1",
			"train/labels/1.txt", "1 .5 .5 1 1", "valid/labels/0.txt", "0 .5 .5 1 1",
			"test/labels/0.txt", "0 .5 .5 1 1"),
			"yolo root= train=train/images val=valid/images test=test/images; 2+1+1, 4 boxed"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := made(t, tc.files)
			f, err := Look(dir)
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%s; %d+%d+%d, %d boxed", keys(f.Data, dir), f.Train.Images, f.Val.Images,
				f.Test.Images, f.Train.Boxed+f.Val.Boxed+f.Test.Boxed)
			if diff := cmp.Diff(tc.want, got); diff != "" || len(f.Classes) != 2 {
				t.Errorf("%s, classes %v, notes %v", diff, f.Classes, f.Notes)
			}
		})
	}
}

func TestLookSaysWhatCannotBeUsed(t *testing.T) {
	for name, tc := range map[string]struct {
		files map[string]string
		is    error
		want  string
	}{
		"nothing": {map[string]string{"a.mp4": "x"}, ErrNoImages,
			"has no images that acol reads; it has 1 .mp4"},
		"one class": {photos(4, "cat"), ErrOneClass,
			`has one class alone, "cat": it teaches nothing`},
		"one label": {with(photos(2, "."), "l.csv", "path,label\n0.jpg,x\n1.jpg,x\n"), ErrOneClass,
			"one class alone"},
		"images alone": {photos(4, "."), ErrNoLabels, "has 4 images, and nothing says what they show"},
		"a broken table": {with(photos(4, "."), "labels.csv", "a,b\n1,2\n"), ErrNoLabels,
			"a table of paths and labels, labels.csv: opening split"},
		"images missing": {with(photos(4, "."), "labels.csv", "path,label\nx.jpg,2\ny.jpg,1\n"), ErrNoLabels,
			"no image at"},
		"a hidden folder": {photos(4, ".cache/a", ".cache/b"), ErrNoImages, "no images"},
	} {
		_, err := Look(made(t, tc.files))
		if !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
	f, err := Look(made(t, with(photos(9, "cat", "dog"), "emu/a.HEIC", "", "b.heic", "", "0.jpg", "",
		"labels.csv", "x,y\n")))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a table of paths and labels, labels.csv",
		"left out, without images that acol reads: emu",
		"left out, without a label: 1 of 19 images", "acol does not read 2 .heic: convert"}
	for i, w := range want {
		if i >= len(f.Notes) || !strings.HasPrefix(f.Notes[i], w) {
			t.Errorf("note %d of %q, want %s", i, f.Notes, w)
		}
	}
	if f.Least != 5 || f.Most != 5 || f.Kind != "one folder a class" || len(f.Sample) != 6 ||
		f.Side != 40 {
		t.Errorf("%+v", f)
	}
}

func TestLookFollowsLinksButNotForEver(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a right there")
	}
	dir, elsewhere := made(t, photos(10, "cat")), made(t, photos(10, "dogs"))
	for from, to := range map[string]string{
		filepath.Join(elsewhere, "dogs"): filepath.Join(dir, "dog"),
		dir:                              filepath.Join(dir, "cat", "again"),
		"gone":                           filepath.Join(dir, "broken"),
	} {
		if err := os.Symlink(from, to); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Look(dir)
	if err != nil || f.Images() != 20 || len(f.Classes) != 2 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestLookTakesNoListForAnother(t *testing.T) {
	// Trees and words that once fooled a guess must end without a panic, whatever they give.
	for _, files := range []map[string]string{
		with(photos(1, "."), "data.yaml", "names: {"),
		with(photos(1, "images"), "labels/x.txt", "", "classes.txt", ""),
		with(photos(1, "train"), "train/a.json", "{", "annotations/b.json", "[]"),
		with(photos(1, "JPEGImages"), "ImageSets/Main/a_b.txt", "", "Annotations/0.xml", "<"),
		with(photos(1, "."), "images.txt", "", "image_class_labels.txt", "", "train_test_split.txt", "",
			"classes.txt", ""),
	} {
		if f, err := Look(made(t, files)); err == nil {
			t.Errorf("found %s in %v", f.Kind, files)
		}
	}
}

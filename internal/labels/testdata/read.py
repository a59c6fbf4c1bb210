"""Makes read.json: what other programs read in the data sets beside this file.

    python read.py > read.json

YOLO is read as Ultralytics reads it: data.yaml, images below its folder, the text file that has the
place of the image with the last folder images replaced by labels, shares of the upright picture.
COCO is read by pycocotools, VOC by ElementTree, and labelme by the pixels that labelme's
shape_to_mask draws with PIL. Boxes are x0, y0, x1, y1 in pixels from 0, both ends inclusive.
Needs numpy, pillow, pycocotools and PyYAML.
"""

import contextlib
import io
import json
import pathlib
import xml.etree.ElementTree as ET

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageOps
import yaml
from pycocotools.coco import COCO

HERE = pathlib.Path(__file__).parent
ENDINGS = {".jpg", ".png"}


def found(image, name, box):
    return {"Image": image, "Class": name, "Box": [int(v) for v in box]}


def yolo():
    spec = yaml.safe_load((HERE / "yolo/data.yaml").read_text(encoding="utf-8"))
    assert spec["train"] == spec["val"] == "images"
    assert sorted(spec["names"]) == list(range(len(spec["names"])))
    lines = (HERE / "yolo/classes.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(spec["names"])
    for path in (HERE / "yolo" / spec["train"]).rglob("*.*"):
        text = "/labels/".join(str(path).rsplit("/images/", 1)).rsplit(".", 1)[0] + ".txt"
        w, h = PIL.ImageOps.exif_transpose(PIL.Image.open(path)).size
        for line in open(text, encoding="utf-8").read().strip().splitlines():
            assert len(line.split()) == 5
            c, x, y, bw, bh = (float(v) for v in line.split())
            edges = [(x - bw / 2) * w, (y - bh / 2) * h, (x + bw / 2) * w, (y + bh / 2) * h]
            assert all(abs(v - round(v)) < 1e-3 for v in edges), edges
            x0, y0, x1, y1 = (round(v) for v in edges)
            name = str(path.relative_to(HERE / "yolo/images"))
            yield found(name, spec["names"][int(c)], [x0, y0, x1 - 1, y1 - 1])


def coco():
    with contextlib.redirect_stdout(io.StringIO()):
        read = COCO(HERE / "coco/annotations.json")
    for a in read.loadAnns(read.getAnnIds()):
        im = read.loadImgs(a["image_id"])[0]
        file = HERE / "coco/images" / im["file_name"]
        assert PIL.Image.open(file).size == (im["width"], im["height"])
        x, y, w, h = a["bbox"]
        assert a["area"] == w * h and a["iscrowd"] == 0 and 0 <= a["score"] <= 1
        name = read.loadCats(a["category_id"])[0]["name"]
        yield found(im["file_name"], name, [x, y, x + w - 1, y + h - 1])
    with contextlib.redirect_stdout(io.StringIO()):
        results = read.loadRes([
            {k: a[k] for k in ("image_id", "category_id", "bbox", "score")}
            for a in read.dataset["annotations"]])
    assert len(results.anns) == len(read.anns)


def voc():
    for stem in (HERE / "voc/ImageSets/Main/train.txt").read_text(encoding="utf-8").splitlines():
        tree = ET.parse(HERE / "voc/Annotations" / (stem + ".xml"))
        folder, name = tree.findtext("folder"), tree.findtext("filename")
        file = HERE / "voc" / folder / name
        size = tree.find("size")
        assert PIL.Image.open(file).size == (
            int(size.findtext("width")), int(size.findtext("height")))
        for o in tree.iter("object"):
            b = o.find("bndbox")
            corners = [int(b.findtext(k)) - 1 for k in ("xmin", "ymin", "xmax", "ymax")]
            image = str(file.relative_to(HERE / "voc/JPEGImages"))
            yield found(image, o.findtext("name"), corners)


def labelme():
    for path in (HERE / "labelme").rglob("*.json"):
        a = json.loads(path.read_text(encoding="utf-8"))
        assert a["imageData"] is None and a["version"]
        file = path.parent / a["imagePath"]
        upright = PIL.ImageOps.exif_transpose(PIL.Image.open(file))
        assert upright.size == (a["imageWidth"], a["imageHeight"])
        for s in a["shapes"]:
            assert s["shape_type"] == "rectangle" and s["group_id"] is None
            mask = PIL.Image.fromarray(np.zeros(upright.size[::-1], np.uint8))
            corners = tuple(tuple(p) for p in s["points"])
            PIL.ImageDraw.Draw(mask).rectangle(corners, outline=1, fill=1)
            ys, xs = np.nonzero(np.array(mask))
            name = str(file.relative_to(HERE / "labelme"))
            yield found(name, s["label"], [xs.min(), ys.min(), xs.max(), ys.max()])


ORDER = ["bird.jpg", "Bird-2.png", "images_/s p/x.png"]
print(json.dumps({
    f.__name__: sorted(f(), key=lambda o: ORDER.index(o["Image"]))
    for f in (yolo, coco, voc, labelme)
}, indent=1))

"""Makes coco_pycocotools.json: files of random annotations, and what pycocotools reads in them.

    python coco_pycocotools.py [CASES] > coco_pycocotools.json

The ids of a file are whole numbers, whole numbers with a decimal point, or texts; sizes may be
unknown; boxes may stick out of the image or lie on its edge. For each image the result has the
labels, which are the ranks of the sorted category ids, with the box of the pixels touched: x0, y0,
x1, y1, or null for a crowd or an annotation without a box. pycocotools 2.0.
"""

import contextlib
import io
import json
import math
import random
import sys
import tempfile

from pycocotools.coco import COCO


def make(rng):
    """A file as COCO has it, with 1 to 4 images."""
    kind = rng.choice(["int", "float", "text"])
    ids = rng.sample(range(1, 999), 8)
    new = {"int": int, "float": float, "text": lambda i: f"id-{i}"}[kind]
    images, annotations = [], []
    categories = [{"id": new(i), "name": f"c{i}"} for i in ids[:3]]
    for n, i in enumerate(ids[3:3 + rng.randint(1, 4)]):
        w, h = rng.randint(2, 60), rng.randint(2, 60)
        im = {"id": new(i), "file_name": f"{n}.jpg", "width": w, "height": h}
        if rng.random() < 0.3:
            im["width"], im["height"] = float(w), float(h)
        images.append(im)
        for _ in range(rng.randint(1, 3)):
            x, y = rng.uniform(-3, w - 1), rng.uniform(-3, h - 1)
            box = [x, y, rng.uniform(3, w + 3), rng.uniform(3, h + 3)]
            digits = rng.choice([0, 1, 2, 5])
            box = [round(v, digits) if digits else int(v) for v in box]
            a = {"image_id": im["id"], "category_id": rng.choice(categories)["id"], "bbox": box,
                 "iscrowd": int(rng.random() < 0.1)}
            if rng.random() < 0.1:
                del a["bbox"]
            annotations.append({"id": len(annotations) + 1, **a})
    keys = [("images", images), ("annotations", annotations), ("categories", categories)]
    rng.shuffle(keys)
    return dict(keys)


def touched(box, w, h):
    """The pixels that a box touches, clipped to the image."""
    x0, y0 = math.floor(box[0] + 1e-6), math.floor(box[1] + 1e-6)
    x1, y1 = math.ceil(box[0] + box[2] - 1e-6) - 1, math.ceil(box[1] + box[3] - 1e-6) - 1
    return [max(x0, 0), max(y0, 0), min(x1, w - 1), min(y1, h - 1)]


def main():
    rng = random.Random(7)
    cases = []
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 12):
        text = json.dumps(make(rng))
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f, \
                contextlib.redirect_stdout(io.StringIO()):
            f.write(text)
            f.flush()
            coco = COCO(f.name)
        rank = {c: i for i, c in enumerate(sorted(coco.getCatIds()))}
        want = {}
        for i in coco.imgs:
            im = coco.imgs[i]
            want[im["file_name"]] = [
                [rank[a["category_id"]],
                 None if a["iscrowd"] or "bbox" not in a
                 else touched(a["bbox"], int(im["width"]), int(im["height"]))]
                for a in coco.imgToAnns[i]]
        cases.append({"file": text, "want": want})
    print(json.dumps(cases, indent=0))


main()

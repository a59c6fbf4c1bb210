"""Writes the masks beside itself and masks.golden: what wsolevaluation's get_mask makes of them.

    python3 generate.py      (opencv 5.0, numpy 2.4, pillow 12)

A line of masks.golden: side, masks joined by +, ignore mask or -, then the result row by row as runs of
0 background, 1 object, 2 ignored. The last line is a digest of INTER_NEAREST's indices for 224 of n.
"""
import hashlib
import pathlib

import cv2
import numpy as np
from PIL import Image

here = pathlib.Path(__file__).parent
r = np.random.RandomState(0)


def blobs(h, w):
    m = cv2.resize(r.rand(5, 5), (w, h), interpolation=cv2.INTER_CUBIC)
    return m > 0.6


def save(name, array, mode=None):
    Image.fromarray(array, mode).save(here / name)


h, w = 37, 51
save("bits.png", blobs(h, w))
save("grey.png", (blobs(h, w) * r.randint(0, 3, (h, w))).astype(np.uint8))
dim = r.randint(0, 7, (h, w, 3)).astype(np.uint8)  # many have a grey value of 0
save("rgb.png", dim * blobs(h, w)[..., None].astype(np.uint8))
save("rgba.png", np.dstack([dim * blobs(h, w)[..., None], r.randint(0, 256, (h, w))]).astype(np.uint8))
save("deep.png", (blobs(80, 33) * r.randint(0, 1000, (80, 33))).astype(np.uint16))
Image.fromarray(dim).quantize(8).save(here / "palette.png")


def load(name, side):
    m = np.float32(cv2.imread(str(here / name), cv2.IMREAD_GRAYSCALE))
    return cv2.resize(m, (side, side), interpolation=cv2.INTER_NEAREST) > 0.5


def runs(v):
    out, k = [], 0
    while k < len(v):
        n = 1
        while k + n < len(v) and v[k + n] == v[k]:
            n += 1
        out.append(f"{v[k]}*{n}")
        k += n
    return ",".join(out)


lines = []
for side, masks, ignore in [
    (24, ["bits.png"], "-"), (24, ["grey.png"], "bits.png"), (60, ["rgb.png"], "grey.png"), (24, ["rgba.png"], "-"),
    (24, ["deep.png"], "rgb.png"), (24, ["palette.png"], "bits.png"), (32, ["bits.png", "grey.png", "rgb.png"], "rgba.png"),
]:
    obj = np.stack([load(m, side) for m in masks]).any(0)
    ign = load(ignore, side) & ~obj if ignore != "-" else np.zeros_like(obj)
    lines.append(f"{side} {'+'.join(masks)} {ignore} {runs((obj + 2 * ign).astype(int).ravel())}")
digest = hashlib.sha256()
for n in range(1, 1500):
    at = cv2.resize(np.arange(n, dtype=np.float32)[None], (224, 1), interpolation=cv2.INTER_NEAREST)[0]
    digest.update((",".join(str(int(i)) for i in at) + "\n").encode())
lines.append(f"nearest {digest.hexdigest()[:16]}")
(here / "masks.golden").write_text("\n".join(lines) + "\n")

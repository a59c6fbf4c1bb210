"""Writes torchvision.json.gz: what torchvision's transforms make of PIL images on fixed draws.

    pip install torch torchvision
    python3 generate.py

Images are of formulas that augment_test.go has too. Of each result the first 16 digits of the
SHA-256 of its packed RGB are kept. Made with torchvision 0.29.2, Pillow 13.0.0.
"""

import gzip
import hashlib
import json
import os

import numpy as np
import torch
from PIL import Image
from torchvision.transforms import ColorJitter, RandomErasing, RandomResizedCrop
from torchvision.transforms import InterpolationMode, RandAugment
from torchvision.transforms import functional as F
from torchvision.transforms.autoaugment import _apply_op


def random(w, h, seed):
    """The bytes of a linear congruential generator."""
    out, state = np.empty(3 * w * h, np.uint8), seed
    for i in range(out.size):
        state = state * 48271 % 2147483647
        out[i] = state >> 8 & 255
    return out.reshape(h, w, 3)


def image(name, w, h):
    if name == "noise":
        return random(w, h, 1)
    y, x, c = np.mgrid[0:h, 0:w, 0:3]
    if name == "ramp":  # smooth, without the ends of the range
        return (20 + (x * 3 + y * 2 * (c + 1) + 11 * c) % 200).astype(np.uint8)
    if name == "flat":
        return np.full((h, w, 3), [77, 140, 9], np.uint8)
    if name == "two":  # two colours
        return np.where((x + y) % 5 < 2, [200, 3, 77], [31, 3, 180]).astype(np.uint8)
    raise ValueError(name)


IMAGES = [
    ("noise", 64, 48), ("noise", 33, 33), ("ramp", 61, 47), ("flat", 8, 8), ("two", 20, 30),
    ("ramp", 1, 1), ("noise", 2, 2), ("ramp", 7, 3),
]
INTERPOLATIONS = {
    "nearest": InterpolationMode.NEAREST,
    "bilinear": InterpolationMode.BILINEAR,
    "bicubic": InterpolationMode.BICUBIC,
}


def digest(img):
    return hashlib.sha256(np.asarray(img).tobytes()).hexdigest()[:16]


def ops():
    out = []

    def add(name, w, h, kind, value, img, interpolation="nearest", fill=(0, 0, 0)):
        assert img.size == (w, h) and img.mode == "RGB"
        out.append(dict(image=name, w=w, h=h, kind=kind, value=value,
                        interpolation=interpolation, fill=list(fill), sha=digest(img)))

    for name, w, h in IMAGES:
        img = Image.fromarray(image(name, w, h))
        for v in [0.0, 0.3, 0.6, 1.0, 1.4, 2.5, 40.0]:
            add(name, w, h, "Brightness", v, F.adjust_brightness(img, v))
            add(name, w, h, "Contrast", v, F.adjust_contrast(img, v))
            add(name, w, h, "Color", v, F.adjust_saturation(img, v))
        for v in [-0.5, -0.21, -0.003, 0.0, 0.1, 0.33, 0.5]:
            add(name, w, h, "Hue", v, F.adjust_hue(img, v))
        for kind, (values, signed) in RandAugment()._augmentation_space(31, (h, w)).items():
            placed = kind in ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate")
            for magnitude in [0, 3, 9, 17, 30] if values.ndim else [0]:
                value = float(values[magnitude].item()) if values.ndim else 0.0
                for sign in [1, -1] if signed else [1]:
                    for word in INTERPOLATIONS if placed else ["nearest"]:
                        for fill in [(0, 0, 0), (10, 200, 30)] if placed else [(0, 0, 0)]:
                            if fill[0] and magnitude != 9:
                                continue
                            v = value * sign
                            got = _apply_op(img, kind, v, INTERPOLATIONS[word],
                                            list(fill) if fill[0] else None)
                            factor = kind in ("Brightness", "Color", "Contrast", "Sharpness")
                            add(name, w, h, kind, 1.0 + v if factor else v, got, word, fill)
    return out


def magnitudes():
    out = []
    for bins, (w, h) in [(31, (224, 224)), (31, (97, 50)), (10, (224, 224)), (2, (8, 8)),
                         (11, (331, 160))]:
        for kind, (values, _) in RandAugment()._augmentation_space(bins, (h, w)).items():
            if values.ndim:
                out.append(dict(bins=bins, w=w, h=h, kind=kind, values=values.tolist()))
    return out


def jitter():
    out = []
    for i, order in enumerate([[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]]):
        for name, w, h in IMAGES[:3]:
            img = Image.fromarray(image(name, w, h))
            factors = [0.7 + 0.2 * i, 1.3 - 0.2 * i, 0.6 + 0.3 * i, -0.1 + 0.07 * i]
            t = ColorJitter(0.4, 0.4, 0.4, 0.1)
            t.get_params = lambda *_, o=order, f=factors: (torch.tensor(o), *f)
            out.append(dict(image=name, w=w, h=h, order=order, factors=factors,
                            sha=digest(t(img))))
    return out


def with_draws(draws, call):
    """Calls with each uniform draw of torch taken from a list, and each integer 0."""
    left, keep, keep_int = list(draws), torch.Tensor.uniform_, torch.randint

    def uniform(self, a=0, b=1):
        return self.fill_(float(a) + (float(b) - float(a)) * left.pop(0))

    torch.Tensor.uniform_ = uniform
    torch.randint = lambda *_, size, **__: torch.zeros(size, dtype=torch.int64)
    try:
        return call(), len(draws) - len(left)
    finally:
        torch.Tensor.uniform_, torch.randint = keep, keep_int


def draws(n, seed):
    rng = np.random.default_rng(seed)
    return [round(float(v), 4) for v in rng.random(2 * n)]


def extents():
    erasing, crops = [], []
    for seed in range(24):
        size = [224, 32, 9][seed % 3]
        scale, ratio = ((0.02, 0.33), (0.3, 3.3)) if seed < 16 else ((0.4, 1.0), (0.2, 5.0))
        d = draws(10, seed)
        (i, j, h, w, _), used = with_draws(d, lambda: RandomErasing.get_params(
            torch.zeros(3, size, size), scale, ratio, [0.0]))
        erasing.append(dict(size=size, scale=scale, ratio=ratio, draws=d, w=w, h=h, used=used))
        width, height = [(500, 375), (90, 400), (64, 64), (700, 40)][seed % 4]
        scale = (0.08, 1.0) if seed < 16 else (0.9, 1.0)
        (i, j, h, w), used = with_draws(d, lambda: RandomResizedCrop.get_params(
            Image.new("RGB", (width, height)), scale, (3 / 4, 4 / 3)))
        crops.append(dict(width=width, height=height, scale=scale, ratio=(3 / 4, 4 / 3), draws=d,
                          x=j, y=i, w=w, h=h, used=used))
    return erasing, crops


def main():
    erasing, crops = extents()
    sections = dict(ops=ops(), magnitudes=magnitudes(), jitter=jitter(), erasing=erasing,
                    crops=crops)
    folder = os.path.dirname(os.path.abspath(__file__))
    with gzip.GzipFile(os.path.join(folder, "torchvision.json.gz"), "wb", mtime=0) as f:
        f.write(json.dumps(sections).encode())


main()

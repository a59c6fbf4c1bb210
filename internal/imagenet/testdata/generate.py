#!/usr/bin/env python3
"""Writes ../classes.txt: the classes of ImageNet-1k in the order of the labels, a synset and a name
a line. The names are torchvision's; the synsets are those of ../../data/ilsvrc2012.txt in sorted
order, which is that of torchvision's labels.

Needs torchvision (made with 0.29):  python3 generate.py
"""
from pathlib import Path

from torchvision.models._meta import _IMAGENET_CATEGORIES

here = Path(__file__).resolve().parent
synsets = sorted((here.parents[1] / "data" / "ilsvrc2012.txt").read_text().split())
assert len(synsets) == len(set(synsets)) == len(_IMAGENET_CATEGORIES) == 1000
lines = [f"{s} {name}\n" for s, name in zip(synsets, _IMAGENET_CATEGORIES)]
(here.parent / "classes.txt").write_text("".join(lines), encoding="utf-8")

"""Writes meta/*.mat, small files of the form of the ILSVRC2012 devkit's meta.mat, with SciPy."""

import os

import numpy as np
from scipy.io import savemat

FIELDS = ["ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children", "wordnet_height", "num_train_images"]
ROWS = [
    (1, "n02119789", "kit fox, Vulpes macrotis", "small grey fox", 0, np.zeros((1, 0)), 0, 1300),
    (2, "n02100735", "English setter", "an English breed", 0, np.zeros((1, 0)), 0, 1300),
    (490, "n01751748", "sea snake", "any of numerous venomous snakes", 0, np.zeros((1, 0)), 0, 1300),
    (1001, "n00001740", "entity", "that which is perceived", 3, np.array([[1, 2, 490]]), 18, 0),
]
synsets = np.zeros((len(ROWS), 1), dtype=[(f, object) for f in FIELDS])
for i, row in enumerate(ROWS):
    for f, v in zip(FIELDS, row):
        synsets[i, 0][f] = np.array([v], dtype=np.float64).reshape(1, 1) if isinstance(v, int) else v
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "meta")
savemat(os.path.join(here, "packed.mat"), {"other": np.arange(3), "synsets": synsets}, do_compression=True)
savemat(os.path.join(here, "plain.mat"), {"synsets": synsets})

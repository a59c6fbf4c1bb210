#!/usr/bin/env python3
"""Write the colour maps beside this script: NAME.png, 256 pixels wide and 1 high, cold to hot.

It needs numpy, Pillow and matplotlib (3.11.2 made the files that are committed). matplotlib
publishes viridis, plasma, inferno and magma by Nathaniel Smith, Stefan van der Walt and Eric
Firing (CC0), cividis by Nunez, Anderton and Renslow (CC0) and turbo by Anton Mikhailov (Google,
Apache-2.0). jet is the piecewise linear map of Matlab, rounded as OpenCV rounds COLORMAP_JET: all
its values but one, as blue is 1 at level 159 there and 2 here.

A colour map of matplotlib becomes one of acol by its name in LISTED. Any other 256x1 PNG in this
folder is one too.
"""
import pathlib

import matplotlib
import numpy as np
from PIL import Image

LISTED = ["cividis", "inferno", "magma", "plasma", "turbo", "viridis"]


def main():
    level = np.arange(256)
    maps = {name: np.rint(np.array(matplotlib.colormaps[name].colors) * 255) for name in LISTED}
    maps["gray"] = np.stack([level] * 3, axis=1)
    maps["jet"] = np.stack([
        np.minimum(4 * level - 382, 1148 - 4 * level),
        np.minimum(4 * level - 128, 892 - 4 * level),
        np.minimum(4 * level + 128, 638 - 4 * level),
    ], axis=1).clip(0, 255)
    for name, colours in maps.items():
        picture = Image.fromarray(colours.astype(np.uint8)[None])
        picture.save(pathlib.Path(__file__).with_name(name + ".png"), optimize=True)


if __name__ == "__main__":
    main()

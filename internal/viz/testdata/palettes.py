#!/usr/bin/env python3
"""Write palettes.png, OpenCV's own lookup tables (4.6), which the colour maps are tested against.

The picture has one row for each name in NAMES and one column for each of the 256 levels.
"""
import pathlib

import cv2
import numpy as np

NAMES = ["jet", "turbo", "viridis", "plasma", "inferno", "magma", "cividis"]

levels = np.arange(256, dtype=np.uint8)[None]
rows = [cv2.applyColorMap(levels, getattr(cv2, "COLORMAP_" + n.upper())) for n in NAMES]
cv2.imwrite(str(pathlib.Path(__file__).with_name("palettes.png")), np.concatenate(rows))

#!/usr/bin/env python3
"""Make what palette.go stands on and is tested against.

  palettes.py tables PATH/_cm_listed.py > ../palette_tables.go
      the published colour lists, from matplotlib's source (3.6.3)
  palettes.py golden
      palettes.png: OpenCV's own lookup tables (4.6), one row for each name in
      NAMES, one column for each of the 256 levels
"""
import re
import sys

import numpy as np

NAMES = ["jet", "turbo", "viridis", "plasma", "inferno", "magma", "cividis"]

HEAD = '''package viz

// The colour lists below are 256 colours of six hexadecimal digits each,
// written by testdata/palettes.py from the lists that matplotlib ships:
// viridis, plasma, inferno and magma by Nathaniel Smith, Stefan van der Walt
// and Eric Firing (CC0), cividis by Nunez, Anderton and Renslow (CC0), turbo
// by Anton Mikhailov (Google, Apache-2.0).
const ('''


def tables(path):
    source = open(path).read().split("cmaps = ")[0]
    lists = {}
    exec(re.sub(r"from \.colors.*", "", source), lists)
    print(HEAD)
    for i, name in enumerate(NAMES[1:]):
        colours = np.rint(np.array(lists["_%s_data" % name]) * 255).astype(np.uint8)
        assert colours.shape == (256, 3)
        lines = [colours[k:k + 16].tobytes().hex() for k in range(0, 256, 16)]
        print("%s\t%sTable = `\n%s`" % ("\n" if i else "", name, "\n".join(lines)))
    print(")")


def golden():
    import cv2
    levels = np.arange(256, dtype=np.uint8)[None]
    rows = [cv2.applyColorMap(levels, getattr(cv2, "COLORMAP_" + n.upper())) for n in NAMES]
    cv2.imwrite("palettes.png", np.concatenate(rows))


if __name__ == "__main__":
    tables(sys.argv[2]) if sys.argv[1] == "tables" else golden()

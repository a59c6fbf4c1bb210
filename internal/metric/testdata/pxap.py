"""Writes pxap.golden beside itself: MaskEvaluator's histograms and PxAP with NumPy.

    python3 pxap.py      (opencv 5.0, numpy 2.4)
"""
import pathlib
import sys

import numpy as np

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here / "../../cam/testdata"))
import reference as ref  # noqa: E402

taus = [np.float64(i) * 0.001 for i in range(1000)]
edges = np.append(taus, [1.0, 2.0, 3.0])


def edge_map(h, w, r):
    """Thresholds themselves, 1.0 and the neighbours of each in float64."""
    v = np.array([float(r.below(1001)) for _ in range(h * w)]) * 0.001
    side = np.array([r.below(3) for _ in range(h * w)])
    v = np.where(side == 1, np.nextafter(v, 0), np.where(side == 2, np.nextafter(v, 1), v))
    return np.minimum(v, 1.0).reshape(h, w)


def add(maps):
    obj, other = np.zeros(1002), np.zeros(1002)
    for score, o, i in maps:
        obj += np.histogram(score[o], bins=edges)[0]
        other += np.histogram(score[~o & ~i], bins=edges)[0]
    return obj, other


def pxap(obj, other):
    tp, fp = obj[::-1].cumsum(), other[::-1].cumsum()
    fn = obj.sum() - tp
    nz = (tp + fp) != 0
    with np.errstate(invalid="ignore"):
        precision, recall = tp / (tp + fp), tp / (tp + fn)
    return (precision[1:] * np.diff(recall))[nz[1:]].sum() * 100


maps = []
for seed in range(60):
    r = ref.Rand(seed)
    h, w = 5 + r.below(30), 5 + r.below(30)
    kind = ("smooth", "levels", "uniform", "edges")[seed % 4]
    m = edge_map(h, w, r) if kind == "edges" else ref.score_map(kind, h, w, r)
    o = np.array([r.below(100) < 20 + 60 * v for v in m.ravel()]).reshape(h, w)
    i = np.array([r.below(5) == 0 for _ in range(h * w)]).reshape(h, w) & ~o
    maps.append((m, o, i))

lines = [f"{k} {pxap(*add([maps[k]]))!r}" for k in range(len(maps))]
obj, other = add(maps)
lines.append(f"all {pxap(obj, other)!r}")
lines.append("object " + ",".join(str(int(n)) for n in obj))
lines.append("other " + ",".join(str(int(n)) for n in other))
(here / "pxap.golden").write_text("\n".join(lines).replace("np.float64(", "").replace(")", "") + "\n")

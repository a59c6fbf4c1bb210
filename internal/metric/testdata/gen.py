"""Writes boxacc.golden beside itself.

    python3 gen.py      (python3-opencv 4.6, numpy 1.24)
"""
import pathlib
import sys

import numpy as np

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here / "../../cam/testdata"))
import reference as ref  # noqa: E402

COUNT, STEP, DELTAS = 150, 0.001, (30, 50, 70)


KINDS = ("smooth", "levels", "uniform")
taus = [np.float64(i) * STEP for i in range(int(1 / STEP))]


def truth(m, r):
    """Boxes near those of the map itself, so that many are right."""
    h, w = m.shape
    out = []
    for _ in range(1 + r.below(2)):
        found = ref.boxes(m, taus[r.below(1000)], 1)
        x0, y0, x1, y1 = found[r.below(len(found))]
        x0, y0 = max(x0 - r.below(5), 0), max(y0 - r.below(5), 0)
        out.append([x0, y0, x1 + r.below(5), y1 + r.below(5)])
    return out


right = {(multi, d): np.zeros(len(taus), int) for multi in (0, 1) for d in DELTAS}
for seed in range(COUNT):
    r = ref.Rand(seed)
    h, w = 8 + r.below(40), 8 + r.below(40)
    m = ref.score_map(KINDS[seed % len(KINDS)], h, w, r)
    boxes = truth(m, r)
    if seed == 7:
        m[:] = 0
    top = np.max((m * 255).astype(np.uint8))
    best = {}
    for i, tau in enumerate(taus):
        t = int(tau * top)
        for multi in (0, 1):
            if (t, multi) not in best:
                best[t, multi] = ref.iou(ref.boxes(m, tau, multi), boxes).max()
            for d in DELTAS:
                right[multi, d][i] += best[t, multi] >= d / 100

acc = {k: v * 100.0 / COUNT for k, v in right.items()}
lines = [f"# {COUNT} maps, step {STEP}; then contours (0 largest, 1 all), IoU, counts at each threshold as count*run"]
for (multi, d), counts in right.items():
    runs, k = [], 0
    while k < len(counts):
        n = 1
        while k + n < len(counts) and counts[k + n] == counts[k]:
            n += 1
        runs.append(f"{counts[k]}*{n}")
        k += n
    lines.append(f"curve {multi} {d} {','.join(runs)}")
lines.append(f"max_box_acc {acc[0, 50].max()!r} {taus[acc[0, 50].argmax()]!r}")
for d in DELTAS:
    lines.append(f"max_box_acc_v2_iou {d} {acc[1, d].max()!r} {taus[acc[1, d].argmax()]!r}")
lines.append(f"max_box_acc_v2 {np.average([acc[1, d].max() for d in DELTAS])!r}")
(here / "boxacc.golden").write_text("\n".join(lines) + "\n")

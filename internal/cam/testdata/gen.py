"""Writes contours.golden.gz, sweep.golden and resize.golden beside itself.

    python3 gen.py      (python3-opencv 4.6, numpy 1.24)
"""
import gzip
import hashlib
import pathlib

import cv2
import numpy as np

import reference as ref

here = pathlib.Path(__file__).parent


def text(bs):
    return ";".join(",".join(map(str, b)) for b in bs)


def digest(s):
    return hashlib.sha256(s.encode()).hexdigest()[:16]


def contours():
    """kind height width seed|largest|all, boxes at tau 0."""
    yield "# " + contours.__doc__
    pick = ref.Rand(1)
    for seed in range(4000):
        kind = ref.MASKS[pick.below(6)] if seed % 50 else ref.MASKS[6 + seed // 50 % 2]
        h, w = 1 + pick.below(24), 1 + pick.below(24)
        m = ref.mask(kind, h, w, ref.Rand(seed)).astype(np.float64)
        yield f"{kind} {h} {w} {seed}|{text(ref.boxes(m, 0, False))}|{text(ref.boxes(m, 0, True))}"


def sweep():
    """kind height width seed digest, of the largest and all boxes at tau i*step, a line each."""
    yield "# " + sweep.__doc__
    pick = ref.Rand(2)
    for seed in range(250):
        kind = ref.MAPS[seed % len(ref.MAPS)]
        h, w = 1 + pick.below(48), 1 + pick.below(48)
        if seed == 247:
            h, w = 224, 224
        m = ref.score_map(kind, h, w, ref.Rand(seed))
        step = 0.001 if seed % 10 == 0 else 0.01
        top = int((m * 255).astype(np.uint8).max())
        seen, lines = {}, []
        for i in range(int(1 / step)):
            tau = np.float64(i) * step
            t = int(tau * np.uint8(top))
            if t not in seen:
                seen[t] = text(ref.boxes(m, tau, False)) + "|" + text(ref.boxes(m, tau, True)) + "\n"
            lines.append(seen[t])
        yield f"{kind} {h} {w} {seed} {digest(''.join(lines))}"


def resize():
    """height width to-height to-width seed digest, of the little-endian float64 result."""
    yield "# " + resize.__doc__
    pick = ref.Rand(3)
    sizes = [(14, 14, 224, 224), (28, 28, 224, 224), (7, 7, 224, 224), (1, 1, 5, 4), (1, 9, 3, 2), (6, 6, 294, 294)]
    sizes += [(3, 3, 3, 3), (16, 16, 224, 224), (224, 224, 14, 14)]
    sizes += [tuple(1 + pick.below(40) for _ in range(4)) for _ in range(200)]
    for seed, (h, w, h2, w2) in enumerate(sizes):
        r = ref.Rand(seed)
        m = np.array([r.float() for _ in range(h * w)]).reshape(h, w) * 3 - 1
        out = cv2.resize(m, (w2, h2), interpolation=cv2.INTER_CUBIC)
        yield f"{h} {w} {h2} {w2} {seed} {hashlib.sha256(out.astype('<f8').tobytes()).hexdigest()[:16]}"


with gzip.GzipFile(here / "contours.golden.gz", "wb", mtime=0) as f:
    f.write(("\n".join(contours()) + "\n").encode())
(here / "sweep.golden").write_text("\n".join(sweep()) + "\n")
(here / "resize.golden").write_text("\n".join(resize()) + "\n")

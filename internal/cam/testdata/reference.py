"""What wsolevaluation does, on OpenCV 4.6 and NumPy 1.24, for golden files.

Inputs come from a splitmix64 generator that the Go tests repeat, so that only
results are stored.
"""
import cv2
import numpy as np

MASK = (1 << 64) - 1


class Rand:
    """splitmix64; the twin of rng in golden_test.go."""

    def __init__(self, seed):
        self.s = seed

    def next(self):
        self.s = (self.s + 0x9E3779B97F4A7C15) & MASK
        z = self.s
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        return self.next() % n

    def float(self):
        return (self.next() >> 11) * 2.0**-53


MASKS = ["noise", "shapes", "lines", "rings", "checks", "blocks", "flat", "dot"]


def mask(kind, h, w, r):
    """A binary image as uint8, 0 or 1."""
    m = np.zeros((h, w), np.uint8)
    if kind == "noise":
        p = 5 + r.below(91)
        for y in range(h):
            for x in range(w):
                m[y, x] = r.below(100) < p
    elif kind == "shapes":  # discs and rectangles, each inverting what it covers
        for _ in range(1 + r.below(8)):
            disc, cy, cx, a, b = r.below(2), r.below(h), r.below(w), 1 + r.below(h), 1 + r.below(w)
            for y in range(h):
                for x in range(w):
                    dy, dx = y - cy, x - cx
                    inside = 4 * (dx * dx + dy * dy) < a * b if disc else 2 * abs(dy) < a and 2 * abs(dx) < b
                    m[y, x] ^= inside
    elif kind == "lines":
        for _ in range(1 + r.below(12)):
            y, x, dy, dx, n = r.below(h), r.below(w), r.below(3) - 1, r.below(3) - 1, 1 + r.below(h + w)
            for _ in range(n):
                if 0 <= y < h and 0 <= x < w:
                    m[y, x] = 1
                y, x = y + dy, x + dx
    elif kind == "rings":  # nested frames with gaps
        y0, x0, y1, x1 = r.below(3), r.below(3), h - 1 - r.below(3), w - 1 - r.below(3)
        while y0 <= y1 and x0 <= x1:
            thick = 1 + r.below(2)
            m[y0:y1 + 1, x0:x1 + 1] = 1
            m[y0 + thick:max(y1 + 1 - thick, 0), x0 + thick:max(x1 + 1 - thick, 0)] = 0
            if r.below(3) == 0:
                m[y0 + r.below(y1 - y0 + 1), x0 + r.below(x1 - x0 + 1)] ^= 1
            step = thick + 1 + r.below(2)
            y0, x0, y1, x1 = y0 + step, x0 + step, y1 - step, x1 - step
    elif kind == "checks":
        a, b, flips = 1 + r.below(3), 1 + r.below(3), r.below(6)
        for y in range(h):
            for x in range(w):
                m[y, x] = (y // a + x // b) % 2
        for _ in range(flips):
            m[r.below(h), r.below(w)] ^= 1
    elif kind == "blocks":  # noise of larger grain
        p, a = 20 + r.below(61), 2 + r.below(4)
        grain = [[r.below(100) < p for _ in range(w // a + 1)] for _ in range(h // a + 1)]
        for y in range(h):
            for x in range(w):
                m[y, x] = grain[y // a][x // a]
    elif kind == "flat":
        m[:] = r.below(2)
    else:
        m[r.below(h), r.below(w)] = 1
    return m


MAPS = ["uniform", "levels", "smooth", "rough", "plateau"]


def score_map(kind, h, w, r):
    """A score map in [0,1], float64."""
    if kind in ("smooth", "rough", "plateau"):
        a, b = 2 + r.below(9), 2 + r.below(9)
        m = np.array([r.float() for _ in range(a * b)]).reshape(a, b)
        m = normalize(cv2.resize(m, (w, h), interpolation=cv2.INTER_CUBIC))
        if kind == "rough":
            m = normalize(m + np.array([r.float() for _ in range(h * w)]).reshape(h, w) * 0.125)
        elif kind == "plateau":
            m = np.minimum(np.floor(m * 8) / 4, 1.0)
    elif kind == "levels":
        k = 2 + r.below(6)
        m = np.array([float(r.below(k)) for _ in range(h * w)]).reshape(h, w) / (k - 1.0)
    else:
        m = np.array([r.float() for _ in range(h * w)]).reshape(h, w)
    return m


def normalize(cam):
    if np.isnan(cam).any() or cam.min() == cam.max():
        return np.zeros_like(cam)
    cam = cam - cam.min()
    return cam / cam.max()


def boxes(score, tau, multi):
    """The box rule: a list of [x0, y0, x1, y1] in the order of the contours."""
    h, w = score.shape
    g = (score * 255).astype(np.uint8)
    _, fg = cv2.threshold(g, int(tau * np.max(g)), 255, cv2.THRESH_BINARY)
    contours = cv2.findContours(fg, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)[0]
    if len(contours) == 0:
        return [[0, 0, 0, 0]]
    if not multi:
        contours = [max(contours, key=cv2.contourArea)]
    out = []
    for c in contours:
        x, y, bw, bh = cv2.boundingRect(c)
        out.append([x, y, min(x + bw, w - 1), min(y + bh, h - 1)])
    return out


def iou(a, b):
    """IoU of inclusive boxes, shapes (n,4) and (m,4), to (n,m)."""
    a, b = np.asarray(a)[:, None], np.asarray(b)[None]
    extent = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]) + 1
    inter = np.maximum(extent, 0).prod(-1)
    area = lambda v: (v[..., 2] - v[..., 0] + 1) * (v[..., 3] - v[..., 1] + 1)
    return inter / (area(a) + area(b) - inter)

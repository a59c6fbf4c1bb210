"""The reference's loop over 1000 thresholds with OpenCV, on the maps of BenchmarkBoxAcc, in maps per second.

    python3 speed.py      (opencv 5.0, numpy 2.4); then: go test ./internal/metric -run xxx -bench BoxAcc

One process, as wsolevaluation runs it; OpenCV's findContours has no threads.
"""
import pathlib
import sys
import time

import cv2
import numpy as np

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here / "../../cam/testdata"))
import reference as ref  # noqa: E402

taus = [np.float64(i) * 0.001 for i in range(1000)]
truth = [[40, 30, 160, 190]]


def run(m, multi):
    right = np.zeros((3, 1000))
    for i, tau in enumerate(taus):
        best = ref.iou(ref.boxes(m, tau, multi), truth).max()
        for k, d in enumerate((30, 50, 70)):
            right[k, i] += best >= d / 100
    return right


cv2.setNumThreads(1)
for kind in ("smooth", "plateau", "rough", "uniform"):
    m = ref.score_map(kind, 224, 224, ref.Rand(4))
    for name, multi in (("MaxBoxAccV2", True), ("MaxBoxAcc", False)):
        spent, n = 0.0, 0
        while spent < 1.5:
            start = time.process_time()
            run(m, multi)
            spent, n = spent + time.process_time() - start, n + 1
        print(f"{kind:8} {name:11} {n / spent:8.2f} maps/s")

"""Prints what torchvision's MixUp makes of a batch at a fixed share, for mixup_test.go.

    pip install torch torchvision
    python3 mixup.py

Made with torchvision 0.29.2.
"""

import torch
from torchvision.transforms import v2


def main():
    x = (torch.arange(3 * 3 * 2 * 2, dtype=torch.float32) * 0.37 - 5).reshape(3, 3, 2, 2)
    mixup = v2.MixUp(alpha=1.0, num_classes=4)
    mixup.make_params = lambda _: dict(lam=0.3)
    images, labels = mixup(x, torch.tensor([2, 0, 3]))
    bits = images.flatten().view(torch.int32)[::5].tolist()
    print("bits of every fifth value:", [hex(v & 0xFFFFFFFF) for v in bits])
    print("labels:", labels.tolist())


main()

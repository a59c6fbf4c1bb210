#!/usr/bin/env python3
"""Goldens for internal/op: what PyTorch computes, and its gradients, of operations beside the first networks'.

    python3 generate.py    # rewrites pytorch.json

A case has in (shape and values of each input), up (the gradient of the output), out, and grads: of the inputs that have one, in
their order. All is computed in float64 on float32 inputs and written with nine digits.
"""
import json
import os

import torch
import torch.nn.functional as F

torch.manual_seed(7)
X = (2, 6, 3, 4)


def attention(drop):
    def f(x, choice):  # wsolevaluation's ADL in training
        a = x.mean(1, keepdim=True)
        if not drop:
            return x * torch.sigmoid(a)
        return x * (a < 0.8 * a.amax((2, 3), keepdim=True)).to(x.dtype)
    return f


def smoothed(logits, targets):
    """Targets are those of cross-entropy with weights and smoothing; the loss is PyTorch's own."""
    loss = F.cross_entropy(logits, torch.tensor([4, 0, 2]), weight=WEIGHTS, label_smoothing=0.1)
    labels = F.one_hot(torch.tensor([4, 0, 2]), 5).double()
    t = (0.9 * labels * WEIGHTS + 0.1 / 5 * WEIGHTS) / WEIGHTS[[4, 0, 2]].sum()
    targets.data.copy_(t)
    return loss


def binary(logits, pos, neg):
    y = torch.tensor([[1., 0, 0, 1, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]], dtype=logits.dtype)
    pos.data.copy_(y * WEIGHTS / 15)
    neg.data.copy_((1 - y) * WEIGHTS / 15)
    return F.binary_cross_entropy_with_logits(logits, y, weight=WEIGHTS)


def guide_loss(logits, mask):  # wsolevaluation's loss_attention
    mask.data.copy_(torch.tensor([0., 1, 255, 1, 0, 255] * 10).view(mask.shape))
    pos = mask.view(-1, 1) < 255
    return F.binary_cross_entropy_with_logits(logits.view(-1, 1)[pos], mask.view(-1, 1)[pos])


def guide_mask(attention):  # its get_mask, with thresholds of 0.7 and 0.1; the second image has too few positions over 0.7
    attention.data[0, :, :, 2:].clamp_(min=0.8)
    mask = torch.full_like(attention, 255)
    for i, a in enumerate(attention):
        high = a > 0.7 if (a > 0.7).sum() >= 30 else a > 0.7 * a.max()
        mask[i][high] = 1
    mask[attention < 0.1] = 0
    return mask


WEIGHTS = torch.tensor([0.5, 1, 2, 1.5, 0.25], dtype=torch.float64)
N = lambda *s: 2 * torch.randn(s)
CASES = [  # name, inputs, function, how many of the inputs have a gradient
    ("lrn", [N(*X)], lambda x: F.local_response_norm(x, 5, 0.5, 0.75, 1.0), 1),
    ("lrn even", [N(*X)], lambda x: F.local_response_norm(x, 4, 0.3, 0.6, 2.0), 1),
    ("relu6", [3 * N(*X)], F.relu6, 1),
    ("sigmoid", [N(*X)], torch.sigmoid, 1),
    ("silu", [N(*X)], F.silu, 1),
    ("scale channels", [N(*X), N(2, 6, 1, 1)], lambda x, s: x * s, 2),
    ("spatial mean", [N(*X)], lambda x: F.adaptive_avg_pool2d(x, 1), 1),
    ("attention drop", [N(*X), torch.tensor([1.])], attention(True), 1),
    ("attention importance", [N(*X), torch.tensor([0.])], attention(False), 1),
    ("depthwise", [N(*X), N(6, 1, 3, 3), N(6)], lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1, groups=6), 3),
    ("narrow groups", [N(*X), N(9, 2, 3, 3)], lambda x, w: F.conv2d(x, w, padding=1, groups=3), 2),
    ("conv 1x7", [N(*X), N(4, 6, 1, 7)], lambda x, w: F.conv2d(x, w, padding=(0, 3)), 2),
    ("target loss", [N(3, 5), torch.zeros(3, 5)], smoothed, 1),
    ("sigmoid loss", [N(3, 5), torch.zeros(3, 5), torch.zeros(3, 5)], binary, 1),
    ("gelu", [N(*X)], F.gelu, 1),
    ("layer norm", [N(*X) + 3, N(6), N(6)], lambda x, w, b: F.layer_norm(x.permute(0, 2, 3, 1), (6,), w, b, 1e-6).permute(0, 3, 1, 2), 3),
    ("layer scale", [N(*X), N(6, 1, 1, 1)], lambda x, s: x * s[:, :, 0], 2),
    ("bilinear", [N(*X)], lambda x: F.interpolate(x, (7, 5), mode="bilinear", align_corners=False), 1),
    ("guide loss", [N(2, 1, 5, 6), torch.zeros(2, 1, 5, 6)], guide_loss, 1),
    ("guide mask", [torch.rand(2, 1, 6, 8)], guide_mask, 0),
]


def numbers(t):
    return [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]


def main():
    out = []
    for name, inputs, f, with_gradient in CASES:
        x = [v.float().double() for v in inputs]
        for v in x[:with_gradient]:
            v.requires_grad_()
        y = f(*x)
        up = torch.randn(y.shape).float().double()
        grads = torch.autograd.grad(y, x[:with_gradient], up) if with_gradient else []
        out.append(dict(name=name, shapes=[list(v.shape) for v in x], **{"in": [numbers(v) for v in x]},
                        up=numbers(up), out=numbers(y), grads=[numbers(g) for g in grads]))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "pytorch.json"), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()

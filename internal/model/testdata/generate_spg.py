#!/usr/bin/env python3
"""Goldens of SPG for the parity tests of internal/model: wsolevaluation's own code, run by PyTorch.

    git clone https://github.com/clovaai/wsolevaluation    # made with commit 96f4b88
    python3 generate_spg.py wsolevaluation                 # rewrites spg/*.json

The networks are those of wsol/vgg.py, wsol/resnet.py and wsol/inception.py, with these changes: every number of channels is times the
case's width, weights are derived from acol's names (generate.py says how), batch norm uses its running statistics, and dropout is off.
SqueezeNet is torchvision's, with branches at places of acol's own; its losses are still those of wsol/method/spg.py. The files have the
format of generate.py's, eval and gradients alone, and spg, with the thresholds
and the losses of B2, B1 and C. The maps are those of the true class, min-max
normalised. All is computed in float64; an image is taken only if no element of an attention is nearer than MARGIN to a threshold.
"""
import argparse
import os
import sys

import torch
import torch.nn.functional as F
import torchvision
from torch import nn

import generate
from generate import CLASSES, HERE, LABELS, derive, normalise, summary, write

MARGIN = 3e-6
# High and low thresholds: wsolevaluation's, and some that make masks of all three values of random
# weights' maps.
PUBLISHED = ([0.7, 0.5, 0.7], [0.01, 0.05, 0.1])
VGG, RESNET, SQUEEZENET = ([0.7, 0.6, 0.7], [0.05, 0.2, 0.45]), ([0.7, 0.9, 0.9], [0.05, 0.75, 0.75]), ([0.8, 0.94, 0.92], [0.05, 0.7, 0.58])
BRANCHES = {"SPG_B_1a.0": "spg.b1.conv", "SPG_B_2a.0": "spg.b2.conv", "SPG_B_shared.0": "spg.shared.conv",
            "SPG_B_shared.2": "spg.shared.out", "SPG_C.0": "spg.c.conv", "SPG_C.2": "spg.c.out"}
# By architecture: theirs to acol's names.
NAMES = {
    "vgg": {**{f"SPG_A_1.{i}": f"features.{17 + i}" for i in (0, 2, 4)}, **{f"SPG_A_2.{i}": f"features.{24 + i}" for i in (0, 2, 4)},
            "SPG_A_3.0": "branches.0.conv1", "SPG_A_3.2": "branches.0.conv2", "SPG_A_4": "branches.0.classifier"},
    "resnet": {"SPG_A1.0": "layer3.0", **{f"SPG_A2.{i}": f"layer3.{i + 1}" for i in range(5)}, "SPG_A4": "branches.0.classifier"},
    "inception": {"SPG_A3_1b.0": "branches.0.conv1", "SPG_A3_2b.0": "branches.0.conv2", "SPG_A4": "branches.0.classifier"},
    "squeezenet": {"SPG_A4": "branches.0.classifier"},
}
CASES = [
    dict(arch="vgg", depth="16", output_stride=8, head="conv", head_width=512, width=0.125, size=(48, 48), thresholds=VGG),
    dict(arch="vgg", depth="16", output_stride=16, head="conv", head_width=512, width=0.125, size=(64, 80), thresholds=VGG),
    dict(arch="resnet", depth="50", output_stride=16, head="linear", width=0.125, size=(65, 65), thresholds=RESNET),
    dict(arch="resnet", depth="50", output_stride=8, head="linear", width=0.125, size=(48, 48), thresholds=RESNET),
    dict(arch="inception", depth="v3", variant="wsol", output_stride=8, head="conv", head_width=1024, width=0.125, size=(64, 64), thresholds=PUBLISHED),
    dict(arch="inception", depth="v3", variant="wsol", output_stride=16, head="conv", head_width=1024, width=0.125, size=(80, 96), thresholds=PUBLISHED),
    dict(arch="squeezenet", depth="1.1", output_stride=16, head="linear", width=1, size=(96, 96), thresholds=SQUEEZENET),
]


class Scaled:
    """torch.nn whose convolutions and batch norms have their channels times width, but for those of images, classes and masks."""
    def __init__(self, width):
        self.width = width

    def scale(self, c):
        return c if c in (1, 3, CLASSES) else round(c * self.width)

    def Conv2d(self, inputs, outputs, *args, **kwargs):
        return nn.Conv2d(self.scale(inputs), self.scale(outputs), *args, **kwargs)

    def BatchNorm2d(self, channels, **kwargs):
        return nn.BatchNorm2d(self.scale(channels), **kwargs)

    def __getattr__(self, name):
        return getattr(nn, name)


class NoDropout:
    """torch.nn.functional without dropout."""
    def dropout(self, x, *_):
        return x

    def __getattr__(self, name):
        return getattr(F, name)


class SqueezeNetSpg(nn.Module):
    def __init__(self, spg, channels=128):
        super().__init__()
        self.features, self.spg = torchvision.models.squeezenet1_1().features, spg
        side = lambda inputs: nn.Sequential(nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU())
        last = lambda inputs: nn.Sequential(nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU(), nn.Conv2d(channels, 1, 1))
        self.SPG_B_1a, self.SPG_B_2a, self.SPG_B_shared, self.SPG_C = side(256), side(384), last(channels), last(512)
        self.SPG_A4 = nn.Conv2d(512, CLASSES, 1)

    def forward(self, x, labels, return_cam=False):
        at = []
        for layer in self.features:
            x = layer(x)
            at.append(x)
        b1, b2 = (self.SPG_B_shared(f(at[i])) for f, i in ((self.SPG_B_1a, 8), (self.SPG_B_2a, 10)))
        maps = self.SPG_A4(x)
        if return_cam:
            return maps[range(len(x)), labels]
        attention, fused = self.spg.compute_attention(maps, labels, b1, b2)
        return dict(attention=attention, fused_attention=fused, logits=maps.mean((2, 3)), logits_b1=b1, logits_b2=b2,
                    logits_c=self.SPG_C(x))


def network(wsol, case):
    large = case["output_stride"] == 8
    more = dict(num_classes=CLASSES, large_feature_map=large, dataset_name="CUB")
    for module in (wsol.vgg, wsol.resnet, wsol.inception):
        module.nn, module.F = Scaled(case["width"]), NoDropout()
    if case["arch"] == "vgg":
        return wsol.vgg.vgg16("spg", **more)
    if case["arch"] == "resnet":
        return wsol.resnet.resnet50("spg", **more)
    if case["arch"] == "inception":
        return wsol.inception.inception_v3("spg", **more)
    return SqueezeNetSpg(wsol.method.spg)


def ours(case, name):
    for theirs, acols in {**NAMES[case["arch"]], **BRANCHES}.items():
        if name.startswith(theirs + "."):
            return acols + name[len(theirs):]
    return name


def compute(wsol, case, image, dtype):
    torch.manual_seed(0)
    net = network(wsol, case).eval()
    net.load_state_dict({k: derive(ours(case, k), v.shape) if v.is_floating_point() else v for k, v in net.state_dict().items()})
    net = net.to(dtype)
    x, labels = derive(image, (2, 3, *case["size"])).to(dtype), torch.tensor(LABELS)
    spg, out, thresholds = wsol.method.spg, net(x, labels), list(zip(*case["thresholds"]))
    side = torch.sigmoid(nn.Upsample(size=(224, 224), mode="bilinear")(out["logits_b2"]))
    sources = [out["attention"], side, out["fused_attention"]]
    parts = [spg._get_loss_attention(out[logits], source, *t)
             for logits, source, t in zip(("logits_b2", "logits_b1", "logits_c"), sources, thresholds)]
    loss = F.cross_entropy(out["logits"], labels)
    total = spg.get_loss(out, labels, thresholds)
    assert abs((total - loss - sum(parts)).item()) < 1e-5
    total.backward()
    masks = torch.stack([spg.get_mask(s.detach(), *t) for s, t in zip(sources, thresholds)])
    room = min((s - (t if (s > high).sum((1, 2, 3)).min() >= 30 or t == low else 0.7 * s.amax((1, 2, 3), keepdim=True))).abs().min().item()
               for s, (high, low) in zip(sources, thresholds) for t in (high, low))
    maps = normalise(net(x, labels, return_cam=True).detach())
    forward = dict(logits=out["logits"][None], maps=maps[None])
    gradients = {ours(case, k): p.grad.clone() for k, p in net.named_parameters()}
    return forward, loss, torch.stack(parts), gradients, masks, room


def generate_case(wsol, case):
    best = None
    for i in range(1, 400):
        image = f"input{i}"
        forward, loss, parts, gradients, masks, room = compute(wsol, case, image, torch.float64)
        if room < MARGIN or any((m == v).sum() < 10 for m in masks for v in (0, 1, 255)):
            continue
        got = compute(wsol, case, image, torch.float32)
        if (got[4] != masks).any():
            continue
        worst = max(generate.relative(got[3][k], v) for k, v in gradients.items() if v.norm() > 1e-10)
        if worst < 2e-5:
            break
        best = min(best or 1, worst)
    else:
        raise SystemExit(f"{case}: no image, the best has gradients off by {best}")
    name = f"{case['arch']}{case['depth']}-os{case['output_stride']}"
    print(name, image, f"margin {room:.2g}, float32 gradients off by {worst:.1e}, losses", parts.tolist(),
          [[(m == v).float().mean().item() for v in (0, 1, 255)] for m in masks])
    record = {k: v for k, v in case.items() if k not in ("size", "thresholds")}
    high, low = case["thresholds"]
    record.update(head_width=round(case.get("head_width", 0) * case["width"]), compare="ge", recipe="p", deltas=[], freeze_bn=True,
                  classes=CLASSES, labels=LABELS, input=dict(name=image, shape=[2, 3, *case["size"]]),
                  eval=dict(**forward, fused=forward["maps"][0]), train=dict(**forward, losses=loss[None]), spg=dict(high=high, low=low, losses=parts),
                  gradients={k: summary(v) for k, v in gradients.items()})
    write(f"spg/{name}.json", record)


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("wsolevaluation", help="the folder of its code")
    args.add_argument("--only", default="", help="only this architecture")
    args = args.parse_args()
    sys.path.insert(0, args.wsolevaluation)
    import wsol
    import wsol.inception, wsol.method, wsol.resnet, wsol.vgg  # the modules, behind the functions of the same names
    os.makedirs(os.path.join(HERE, "spg"), exist_ok=True)
    for case in CASES:
        if args.only in case["arch"]:
            generate_case(wsol, case)


if __name__ == "__main__":
    main()

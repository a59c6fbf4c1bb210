"""Writes optimizers.json: what PyTorch and timm make of a few parameters in twenty steps.

    pip install torch timm
    python generate.py

The parameters stand for a backbone of two stages and a head. Each case has the settings of
train.optimizer (and of train.ema), and the parameters after each of twenty steps: of
torch.optim.SGD and torch.optim.AdamW, whose groups timm's param_groups_layer_decay makes where layers decay, and of
timm's ModelEmaV3. Learning rates fall from step to step.
"""

import json
import re

import torch
from timm.optim import param_groups_layer_decay
from timm.utils import ModelEmaV3

STEPS = 20
# name, acol's kind and stage (0 is the head), shape
PARAMETERS = [
    ("stage1.weight", "weight", 1, [3, 2]),
    ("stage1.bias", "bias", 1, [3]),
    ("stage2.weight", "scale", 2, [4]),
    ("stage2.bias", "shift", 2, [4]),
    ("head.weight", "weight", 0, [2, 3]),
    ("head.bias", "bias", 0, [2]),
]
CASES = [
    dict(name="sgd", momentum=0.9, nesterov=True, weight_decay=0.05, clip=0.5),
    dict(name="sgd", momentum=0, nesterov=False, weight_decay=0, bias_factor=2),
    dict(name="adamw", weight_decay=0.01),
    dict(name="adamw", weight_decay=0.3, betas=[0.8, 0.95], eps=1e-3, bias_decay=False),
    dict(name="adamw", weight_decay=0.1, bias_factor=2, lr_heads=0.05, clip=0.25),
    dict(name="adamw", weight_decay=0.1, bias_decay=False, layer_decay=0.7),
    dict(name="adamw", weight_decay=0.01, ema=dict(decay=0.9, warmup=False)),
    dict(name="sgd", momentum=0.9, nesterov=False, weight_decay=0, ema=dict(decay=0.8, warmup=True)),
]


class Net(torch.nn.Module):
    def __init__(self, start):
        super().__init__()
        for name, _, _, _ in PARAMETERS:
            part, key = name.split(".")
            if not hasattr(self, part):
                self.add_module(part, torch.nn.Module())
            value = torch.tensor(start[name], dtype=torch.float32)
            getattr(self, part).register_parameter(key, torch.nn.Parameter(value))

    def group_matcher(self, coarse=False):
        return dict(stem=r"^stage1", blocks=r"^stage2")


def groups(net, case):
    lr, heads = case["lr_backbone"], case["lr_heads"]
    if case["layer_decay"] != 1:  # timm's groups, whose rate is lr_scale times the only one
        assert lr == heads and not case["bias_decay"]
        made = param_groups_layer_decay(
            net, weight_decay=case["weight_decay"], layer_decay=case["layer_decay"])
        return [dict(params=g["params"], weight_decay=g["weight_decay"], lr=lr * g["lr_scale"])
                for g in made]
    out = []
    for name, kind, stage, _ in PARAMETERS:
        rate = (lr if stage else heads) * (case["bias_factor"] if kind in ("bias", "shift") else 1)
        decay = case["weight_decay"] if kind == "weight" or case["bias_decay"] else 0
        out.append(dict(params=[net.get_parameter(name)], lr=rate, weight_decay=decay))
    return out


def main():
    rng = torch.Generator().manual_seed(14)
    draw = lambda shape: torch.randn(shape, generator=rng, dtype=torch.float32)
    start = {name: draw(shape).tolist() for name, _, _, shape in PARAMETERS}
    grads = [{name: draw(shape).tolist() for name, _, _, shape in PARAMETERS} for _ in range(STEPS)]
    scales = [1 - t / 40 for t in range(STEPS)]
    cases = []
    for case in CASES:
        usual = dict(momentum=0.9, nesterov=True, betas=[0.9, 0.999], eps=1e-8, lr_backbone=0.02,
                     lr_heads=0.02, layer_decay=1, bias_factor=1, bias_decay=True, clip=1)
        case = dict(usual, **case)
        net = Net(start)
        if case["name"] == "adamw":
            opt = torch.optim.AdamW(groups(net, case), betas=case["betas"], eps=case["eps"])
        else:
            opt = torch.optim.SGD(groups(net, case), lr=1, momentum=case["momentum"],
                                  nesterov=case["nesterov"])
        rates = [g["lr"] for g in opt.param_groups]
        ema = None
        if "ema" in case:
            ema = ModelEmaV3(net, decay=case["ema"]["decay"], use_warmup=case["ema"]["warmup"])
        case["after"] = []
        for t in range(STEPS):
            for group, rate in zip(opt.param_groups, rates):
                group["lr"] = rate * scales[t]
            for name, _, _, _ in PARAMETERS:
                net.get_parameter(name).grad = torch.tensor(grads[t][name]) * case["clip"]
            opt.step()
            if ema is not None:
                ema.update(net, step=t + 1)
            of = net if ema is None else ema.module
            values = torch.cat(
                [of.get_parameter(n).detach().flatten() for n, _, _, _ in PARAMETERS])
            case["after"].append(values.tolist())
        cases.append(case)
    flat = lambda values: torch.cat(
        [torch.tensor(values[n]).flatten() for n, _, _, _ in PARAMETERS]).tolist()
    made = dict(
        parameters=[dict(name=n, kind=k, stage=s, shape=sh) for n, k, s, sh in PARAMETERS],
        start=flat(start), scales=scales, grads=[flat(g) for g in grads], cases=cases,
    )
    text = re.sub(r",\s+(?=-?\d)", ", ", json.dumps(made, indent=1))  # numbers on one line
    text = re.sub(r"-?\d+\.\d+(e-?\d+)?", lambda m: f"{float(m[0]):.9g}", text)
    with open("optimizers.json", "w") as f:
        f.write(text + "\n")


main()

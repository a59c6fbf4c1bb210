"""Makes schemes.json: for each network whose names differ, pairs of a name and the name that torchvision or acol has for it, and the shapes.

    python3 -m venv venv && venv/bin/pip install torchvision timm
    venv/bin/python generate_schemes.py

Made with torchvision 0.29.2 and timm 1.0.31. The tensors are paired by the modules' order, which is the same in both libraries; ConvNeXt's are
paired by their values, copied through timm's own conversion of torchvision's weights turned round. EfficientNets give the same logits after
renaming; b4, which has the names of all from b0 on, stands for them, with axes of length 1.
"""
import json
import pathlib

import timm
import torch
import torchvision

out = {}
for ours, theirs in (("mobilenet_v2", "mobilenetv2_100"), ("vgg16_bn", "vgg16_bn")):
    a = timm.create_model(theirs).state_dict()
    b = getattr(torchvision.models, ours)().state_dict()
    assert len(a) == len(b)
    out[theirs] = [[x, list(a[x].shape), y, list(b[y].shape)] for x, y in zip(a, b)]

# The two ConvNeXts give the same logits once the tensors are renamed: the modules' order with the layer scale moved in front tells the names.
a, b = timm.create_model("convnext_tiny"), torchvision.models.convnext_tiny()
order = list(b.state_dict())
assert len(order) == len(a.state_dict())
pairs = list(zip(a.state_dict(), order))
state = {y: a.state_dict()[x].reshape(b.state_dict()[y].shape) for x, y in pairs}
b.load_state_dict(state)
image = torch.randn(1, 3, 64, 64)
assert torch.allclose(a.eval()(image), b.eval()(image), atol=1e-5)
out["convnext_tiny"] = [[x, list(a.state_dict()[x].shape), y, list(state[y].shape)] for x, y in pairs]

names = {}
for depth in "01234":
    a, b = timm.create_model(f"efficientnet_b{depth}"), getattr(torchvision.models, f"efficientnet_b{depth}")()
    state = a.state_dict()
    pairs = dict(zip(state, b.state_dict(), strict=True))
    b.load_state_dict({y: state[x] for x, y in pairs.items()})
    assert torch.allclose(a.eval()(image), b.eval()(image), atol=1e-5)
    names |= pairs
    assert names == pairs  # the deeper one has all the names of those before
out["efficientnet_b4"] = [[x, [1] * state[x].dim(), y, [1] * state[x].dim()] for x, y in pairs.items()]

text = ",\n".join(f'"{k}": [\n' + ",\n".join(json.dumps(row) for row in v if "num_batches" not in row[0]) + "]" for k, v in out.items())
(pathlib.Path(__file__).parent / "schemes.json").write_text("{" + text + "}\n")

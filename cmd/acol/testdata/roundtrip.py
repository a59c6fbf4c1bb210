"""Takes networks through acol and back: PyTorch, acol weights import, export, load_state_dict(strict=True); and through ONNX Runtime.

    python3 -m venv venv && venv/bin/pip install torch torchvision timm safetensors onnxruntime numpy
    make build && venv/bin/python cmd/acol/testdata/roundtrip.py bin/acol

Last run with PyTorch 2.15.0, torchvision 0.29.2, timm 1.0.31 and ONNX Runtime 1.32.0: tensors equal bit for bit, logits and maps within 1e-5.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime
import timm
import torch
import torch.nn.functional as F
import torchvision
from safetensors.torch import load_file
from torch import nn

acol = os.path.abspath(sys.argv[1])
os.chdir(tempfile.mkdtemp())
DATA = "data: {root: none, metadata: none, input: {size: 96, test_resize: 96, train_resize: 96}}\n"


def run(*args):
    subprocess.run([acol, *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def normalised(maps):
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    return (maps - low) / (high - low)


def liven(net):
    """Weights and statistics of a network that has seen something."""
    for p in net.parameters():
        if p.dim() == 4:
            nn.init.kaiming_normal_(p)
        if p.dim() == 3:  # a layer scale, nearly nothing in an untrained network
            nn.init.uniform_(p)
    net.train()
    with torch.no_grad():
        net(torch.randn(4, 3, 96, 96))
    return net.eval()


def check(name, net, recipe, fmt, forward, wrap):
    """wrap makes the checkpoint of a state dict; forward gives logits_1, ..., map_1, ..., fused_map."""
    with open("recipe.yaml", "w") as f:
        f.write(recipe + DATA)
    torch.save(wrap(net.state_dict()), "net.pth", _use_new_zipfile_serialization=name.endswith("s"))
    run("weights", "import", "net.pth", "--config", "recipe.yaml", "--out", "run", "--force")
    run("weights", "export", "run", "--to", fmt, "--out", "back.safetensors", "--force")
    run("weights", "export", "run", "--to", "onnx", "--out", "net.onnx", "--force")
    tensors = load_file("back.safetensors")
    for key, v in net.state_dict().items():
        if not key.endswith("num_batches_tracked"):
            assert tensors[key].dtype == v.dtype and torch.equal(tensors[key], v), key
    net.load_state_dict(tensors, strict=True)
    x = torch.randn(2, 3, 96, 96)
    session = onnxruntime.InferenceSession("net.onnx")
    got = dict(zip([o.name for o in session.get_outputs()], session.run(None, {"image": x.numpy()})))
    with torch.no_grad():
        want = forward(net, x)
    for key, v in want.items():
        error = np.abs(got[key] - v.numpy()).max() / max(1, v.abs().max().item())
        assert error < 1e-5, (name, key, error)
    print(name, "ok")


def cam(net, x, features, weight):
    f = features(net, x)
    maps = torch.einsum("nchw,kc->nkhw", f, weight)
    logits = net(x)
    m = normalised(maps[torch.arange(len(x)), logits.argmax(1)])
    return {"logits_1": logits, "map_1": m, "fused_map": m}


def resnet_features(net, x):
    x = net.maxpool(net.relu(net.bn1(net.conv1(x))))
    return net.layer4(net.layer3(net.layer2(net.layer1(x))))


class ACoL(nn.Module):
    """The authors' VGG16 with pools of 3x3, the last two of stride 1, and two heads."""

    def __init__(self, first, second):
        super().__init__()
        layers, channels = [], 3
        for v in [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "N", 512, 512, 512, "N"]:
            if isinstance(v, str):
                layers.append(nn.MaxPool2d(3, 2 if v == "M" else 1, 1))
            else:
                layers += [nn.Conv2d(channels, v, 3, padding=1), nn.ReLU()]
                channels = v
        self.features, self.names = nn.Sequential(*layers), (first, second)
        for name in self.names:
            self.add_module(name, nn.Sequential(nn.Conv2d(512, 1024, 3, padding=1), nn.ReLU(), nn.Conv2d(1024, 1024, 3, padding=1), nn.ReLU(),
                                                nn.Conv2d(1024, 5, 1)))

    def forward(self, x):
        first, second = (getattr(self, n) for n in self.names)
        f = F.avg_pool2d(self.features(x), 3, 1, 1)
        a = first(f)
        label, n = a.mean((2, 3)).argmax(1), torch.arange(len(x))
        m1 = normalised(a[n, label])
        b = second(torch.where((m1 >= 0.6)[:, None], torch.zeros_like(f), f))
        m2 = normalised(b[n, label])
        return {"logits_1": a.mean((2, 3)), "logits_2": b.mean((2, 3)), "map_1": m1, "map_2": m2, "fused_map": torch.maximum(m1, m2)}


CAM = "model: {{backbone: {{arch: {}, depth: {}}}, branches: {{kinds: p, deltas: []}}}}\n"
torch.manual_seed(1)
for depth in (18, 50):
    check(f"resnet{depth}", liven(getattr(torchvision.models, f"resnet{depth}")(num_classes=7)), CAM.format("resnet", depth), "torchvision",
          lambda net, x: cam(net, x, resnet_features, net.fc.weight), lambda state: {"model": state, "epoch": 3})
squeeze = liven(torchvision.models.squeezenet1_1(num_classes=7))
squeeze.classifier[2] = nn.Identity()  # the ReLU that acol has not
check("squeezenet", squeeze, CAM.format("squeezenet", "1.1"), "torchvision",
      lambda net, x: cam(net, x, lambda n, x: n.features(x), net.classifier[1].weight[:, :, 0, 0]), lambda state: state)
for arch, depth, name, more in (("mobilenet", "v2", "mobilenet_v2", {}), ("efficientnet", "b0", "efficientnet_b0", {}),
                                ("googlenet", "v1", "googlenet", dict(aux_logits=False, init_weights=False)),
                                ("inception", "v3", "inception_v3", dict(aux_logits=False, init_weights=False)),
                                ("resnext", "50_32x4d", "resnext50_32x4d", {}), ("wide_resnet", "50_2", "wide_resnet50_2", {})):
    check(name, liven(getattr(torchvision.models, name)(num_classes=7, **more)), CAM.format(arch, depth), "torchvision",
          lambda net, x: {"logits_1": net(x)}, lambda state: state)
for depth in ("b0", "b1", "b2", "b3", "b4"):
    theirs, ours = liven(timm.create_model(f"efficientnet_{depth}", num_classes=7)), getattr(torchvision.models, f"efficientnet_{depth}")(num_classes=7)
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    check(f"timm's efficientnet_{depth}", ours, CAM.format("efficientnet", depth), "torchvision", lambda _, x: {"logits_1": theirs(x)}, lambda _: theirs.state_dict())


class Branched(nn.Module):
    """torchvision's ConvNeXt with acol's head: the network's own classifier begins with a norm."""

    def __init__(self):
        super().__init__()
        self.features = torchvision.models.convnext_tiny().features
        self.branches = nn.ModuleList([nn.ModuleDict({"classifier": nn.Conv2d(768, 7, 1)})])

    def forward(self, x):
        return self.branches[0]["classifier"](self.features(x)).mean((2, 3))


convnext = liven(Branched())
check("convnext", convnext, CAM.format("convnext", "tiny"), "acol", lambda net, x: {"logits_1": net(x)}, lambda state: state)
run("weights", "export", "run", "--to", "torchvision", "--out", "back.safetensors", "--force")
torchvision.models.convnext_tiny().features.load_state_dict({k.removeprefix("features."): v for k, v in load_file("back.safetensors").items()}, strict=True)
VGG = """model:
  backbone: {arch: vgg, depth: 16, variant: acol}
  branches: {kinds: pp, deltas: [0.6], head: conv, avg_pool: true}
"""
for fmt, names in (("authors", ("cls", "cls_erase")), ("wsol", ("classifier_A", "classifier_B"))):
    prefix = "module." if fmt == "authors" else ""
    check(fmt, liven(ACoL(*names)), VGG, fmt, lambda net, x: net(x),
          lambda state: {"epoch": 5, "global_counter": 3, "args": argparse.Namespace(onehot="False"), "state_dict": {prefix + k: v for k, v in state.items()}})

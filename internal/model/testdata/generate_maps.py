#!/usr/bin/env python3
"""Goldens of maps at a layer: Grad-CAM and its kin as pytorch-grad-cam and torch-cam compute them.

    python3 generate_maps.py       # rewrites layermaps.json

Needs torch, torchvision, grad-cam and torchcam (made with 2.15, 0.29, 1.5.7 and 0.5.0). Weights and
images are derived from their names as generate.py says; the classifier's tensors are derived under
acol's names and shapes, branches.0.classifier.*.

The networks are torchvision's, with five classes, in float64, their ReLUs not in place: an in-place
ReLU behind a layer changes the values that a hook has kept of it. A map is that of a class before it
is scaled or resized, with what is negative at 0: what both libraries then normalise.

layermaps.json, a list of cases:
    network, layer      torchvision's names
    input               name and shape (N,3,H,W)
    width, own          the factor on the channels, and those inside of the classifier; absent where
                        the network is whole
    classes             of each image; where a case names none, the most likely ones
    logits              [image][class]
    maps                by method: [image][row][column], of the library that acol follows
    apart               by method: how far the two libraries are from each other where the largest value
                        of each is 1; less than 1e-6 where they compute the same
    float32             by method: how far PyTorch's own float32 is off, as a share of the largest value
"""
import json
import math
import os

import numpy as np
import torch
import torchvision
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, LayerCAM, ScoreCAM, XGradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn
from torchcam import methods as torchcam

from generate import derive

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSES = 5
# score says that the layer has few enough channels for ScoreCAM, which passes each through the
# network.
CASES = [
    dict(network="resnet18", layer="layer4", input="input1", shape=[2, 3, 65, 65]),
    dict(network="resnet18", layer="layer3.0", input="input1", shape=[2, 3, 65, 65]),
    dict(network="resnet18", layer="bn1", input="input1", shape=[1, 3, 32, 32], score=True),
    dict(network="squeezenet1_1", layer="features.12", input="input1", shape=[2, 3, 64, 80]),
    dict(network="squeezenet1_1", layer="features.4", input="input1", shape=[2, 3, 64, 48], classes=[4, 1], score=True),
    dict(network="mobilenet_v2", layer="features.18", input="input1", shape=[1, 3, 96, 96]),
    dict(network="mobilenet_v2", layer="features.13", input="input1", shape=[1, 3, 64, 64]),
    dict(network="googlenet", layer="inception4e", input="input1", shape=[1, 3, 64, 64]),
    dict(network="efficientnet_b0", layer="features.6", input="input1", shape=[1, 3, 64, 64]),
    dict(network="inception_v3", layer="Mixed_6e", input="input1", shape=[1, 3, 107, 107]),
    dict(network="vgg11_bn", layer="features.28", width=0.125, own=8, input="input1", shape=[1, 3, 224, 224]),
    dict(network="vgg11_bn", layer="features.21", width=0.125, own=8, input="input2", shape=[1, 3, 224, 224]),
    dict(network="vgg11_bn", layer="features.25", width=0.125, own=8, input="input1", shape=[1, 3, 448, 448]),
    dict(network="convnext_tiny", layer="features.7", width=0.25, own=8, input="input1", shape=[1, 3, 64, 64]),
]
# By method: pytorch-grad-cam's class, torch-cam's, and which of the two acol follows.
METHODS = {
    "gradcam": (GradCAM, torchcam.GradCAM, "both"),
    "gradcam++": (GradCAMPlusPlus, torchcam.GradCAMpp, "pytorch-grad-cam"),
    "layercam": (LayerCAM, torchcam.LayerCAM, "both"),
    "xgradcam": (XGradCAM, torchcam.XGradCAM, "pytorch-grad-cam"),
    "scorecam": (ScoreCAM, torchcam.ScoreCAM, "torch-cam"),
}


def narrow(case):
    """torchvision's VGG or ConvNeXt with fewer channels; own are those inside of VGG's classifier."""
    models, w = torchvision.models, case["width"]
    if case["network"] == "convnext_tiny":
        sizes = [round(c * w) for c in (96, 192, 384, 768)] + [None]
        blocks = [models.convnext.CNBlockConfig(sizes[i], sizes[i + 1], n) for i, n in enumerate((3, 3, 9, 3))]
        return models.ConvNeXt(blocks, num_classes=CLASSES)
    plan = [v if v == "M" else round(v * w) for v in models.vgg.cfgs["A"]]
    net = models.VGG(models.vgg.make_layers(plan, batch_norm=True), num_classes=CLASSES, init_weights=False)
    own = case["own"]
    net.classifier[0], net.classifier[3] = nn.Linear(plan[-2] * 49, own), nn.Linear(own, own)
    net.classifier[6] = nn.Linear(own, CLASSES)
    return net


def build(case):
    name = case["network"]
    extra = dict(aux_logits=False, init_weights=False) if name in ("googlenet", "inception_v3") else {}
    net = narrow(case) if "width" in case else getattr(torchvision.models, name)(num_classes=CLASSES, **extra)
    state = {}
    for key, tensor in net.state_dict().items():
        if key.endswith("num_batches_tracked"):
            state[key] = tensor
        elif key.startswith(("classifier.", "fc.")) and "own" not in case:
            kind = key.rsplit(".", 1)[1]
            shape = tuple(tensor.shape) + ((1, 1) if tensor.dim() == 2 else ())
            state[key] = derive("branches.0.classifier." + kind, shape).reshape(tensor.shape)
        else:
            state[key] = derive(key, tuple(tensor.shape))
    net.load_state_dict(state)
    for module in net.modules():
        if isinstance(module, (nn.ReLU, nn.ReLU6, nn.SiLU)):
            module.inplace = False
    return net.eval().double()


def of_grad_cam(cls, net, layer, x, classes):
    """pytorch-grad-cam's map before scale_cam_image."""
    net = CalledAnew(net)
    targets = [ClassifierOutputTarget(c) for c in classes]
    with cls(net, [net.net.get_submodule(layer)]) as cam:
        logits = cam.activations_and_grads(x)
        grads = None
        if cam.uses_gradients:
            sum(t(o) for t, o in zip(targets, logits)).backward()
            grads = cam.activations_and_grads.gradients[0].numpy()
        values = cam.activations_and_grads.activations[0].numpy()
        if cls is ScoreCAM:  # whose masked inputs would go on filling the lists
            cam.activations_and_grads.release()
        maps = cam.get_cam_image(x, layer, targets, values, grads, False)
    return np.maximum(maps, 0), logits.detach().numpy()


class CalledAnew(nn.Module):
    """A module of its own around a network, so that hooks on it go with it."""
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x)


def of_torch_cam(cls, net, layer, x, classes):
    with cls(net, layer, input_shape=tuple(x.shape[1:])) as cam:
        return cam(list(classes), net(x), normalized=False)[0].detach().numpy(), None


def main():
    torch.set_num_threads(1)
    out = []
    for case in CASES:
        net, x = build(case), derive(case["input"], tuple(case["shape"])).double()
        case.setdefault("classes", net(x).argmax(1).tolist())
        maps, apart, rounding = {}, {}, {}
        for method, (grad_cam, torch_cam, follow) in METHODS.items():
            if method == "scorecam" and "score" not in case:
                continue
            first, logits = of_grad_cam(grad_cam, net, case["layer"], x, case["classes"])
            second, _ = of_torch_cam(torch_cam, net, case["layer"], x, case["classes"])
            followed = second if follow == "torch-cam" else first
            assert followed.max(axis=(1, 2)).min() > 0, (case, method, followed.max(axis=(1, 2)))
            apart[method] = float(np.abs(first / first.max() - second / second.max()).max())
            maps[method] = followed
            run, cls = (of_torch_cam, torch_cam) if follow == "torch-cam" else (of_grad_cam, grad_cam)
            rounded, _ = run(cls, net.float(), case["layer"], x.float(), case["classes"])
            rounding[method] = float(max(np.abs(a - b).max() / a.max() for a, b in zip(followed, rounded)))
            net.double()
            if follow == "both":
                assert apart[method] < 1e-6, (case, method, apart[method])
        two = lambda d: {k: float(f"{v:.2g}") for k, v in d.items()}
        short = lambda a: [short(b) for b in a] if isinstance(a, list) else float(f"{a:.9g}")
        case.pop("score", None)
        out.append(dict(case, logits=short(logits.tolist()), maps={k: short(v.tolist()) for k, v in maps.items()},
                        apart=two(apart), float32=two(rounding)))
        print(flush=True, *(case["network"], case["layer"], out[-1]["apart"], out[-1]["float32"]))
    with open(os.path.join(HERE, "layermaps.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()

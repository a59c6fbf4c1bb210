#!/usr/bin/env python3
"""Goldens for the parity tests of internal/model: ACoL as PyTorch computes it.

    python3 generate.py            # rewrites parity/*.json and derive.json
    python3 generate.py --report   # the same, and prints how far float32 is from float64

Needs torch and torchvision (made with 1.13 and 0.14, later ones with 2.15 and 0.29). Weights and images are not stored: both sides derive them from the names. Takes some ten minutes of one core.

Derivation of a tensor from its name and shape
----------------------------------------------
Element i (row-major, from 0) of the tensor called `name`:

    seed = FNV-1a, 64 bits, of name's bytes
    z    = seed + (i+1)*0x9E3779B97F4A7C15                 all in uint64, wrapping: splitmix64
    z    = (z ^ z>>30) * 0xBF58476D1CE4E5B9
    z    = (z ^ z>>27) * 0x94D049BB133111EB
    z    =  z ^ z>>31
    u    = float32(z>>40) * 2^-24                          in [0,1), exact
    s    = 2*u - 1                                         in [-1,1), exact

    value, float32:
      input, input1, ... (images)             s * 2        exact
      convolution weights (rank 4)            s * float32(sqrt(float64(6)/float64(fan_in))), one float32 product;
                                              fan_in = shape[1]*shape[2]*shape[3]; of a linear layer (rank 2) shape[1]
      norms: weight (rank 1), layer_scale     0.75 + u/2   one float32 sum, correctly rounded;
                                              a quarter of that for *.bn3.weight and layer_scale, so that deep networks are well conditioned
      bias (rank 1, every layer)              s / 4        exact
      running_mean                            s / 4        exact
      running_var                             0.5 + u      one float32 sum, correctly rounded

derive.json has a few tensors to check this against.

Names of parameters
-------------------
Backbone: torchvision's (features.3.squeeze.weight, layer1.0.bn1.running_mean), without classifier and fc.
Branch i, head linear: branches.{i}.classifier.weight (K,C,1,1), .bias (K); linear-relu: the same, then ReLU.
Branch i, head conv: branches.{i}.conv1 3x3 pad 1 to head_width, ReLU, branches.{i}.conv2 3x3 pad 1, ReLU, branches.{i}.classifier 1x1;
all with a bias. Head conv6 has conv1 and the classifier alone.

What is computed
----------------
x = backbone(input), with avg_pool its 3x3 average (stride 1, padding 1, divisor 9); for each branch: logits = spatial mean of the head's output, map = the label's channel, min-max normalised for each
image by (c-min)/(max-min), a constant for the backward pass; before the next branch x is 0, in all channels, where map > delta (gt) or
map >= delta (ge). Losses are means over the batch: cross-entropy for p; log sum exp(x) - sum of the other logits/(K-1) for n.
The total is the sum over the branches; fused is the maximum of the maps of the p branches.
A delta of exactly 1 tells gt from ge: the maximum of a map is exactly 1. But for that, every map element is MARGIN away from its
delta, in each of the ten steps.

All figures come from float64 arithmetic on the float32 weights, so that they do not depend on the machine that made them; the field
float32 holds PyTorch's own float32 error beside them. Gradients jump where the input of a ReLU changes sign: the images are
chosen so that this is unlikely within float32's rounding (see --report).
Networks whose float32 training leaves the float64 one by more than STEP_ERROR in ten steps are refused too: their tests would be luck.

parity/CASE.json
----------------
arch, depth, variant, width, output_stride, avg_pool, recipe, head, head_width (0 for linear), compare, deltas, classes, labels, input (name, shape N,3,H,W)
loss           name, smoothing, class_weights of the p branches; none: plain cross-entropy
sets, shares   labels of each image in training, and the shares of the first and second ones in mixed images
drops          what each attention dropout layer does in training: 1 drops, 0 weighs
depths         rate of stochastic depth, and kept [layer][image]: 1 keeps, 0 drops; layers whose rate is 0 are not counted
freeze_bn      batch norm uses and keeps the running statistics in training too
eval, train    forward in evaluation mode (running statistics as derived) and, from the same weights, in training mode (batch norm on
               the batch): logits [branch][image][class], maps [branch][image][row][column], fused [image][row][column],
               and in train also losses [branch]
gradients      of the summed losses, by parameter: a summary (see below)
running        running_mean and running_var after that one training forward, by name: a summary; none with freeze_bn
sgd            lr, momentum, nesterov, decay, head_factor, bias_factor; losses: eleven summed losses, before each of ten steps on
               the same batch and after the tenth. A parameter's rate is lr * head_factor (branches.*) * bias_factor (every *.bias,
               batch norm's too); decay is for all parameters.
float32        error of PyTorch's float32, see errors()
A summary is [L2 norm, sum, elements...]: the elements at j*(n-1)/7, j = 0..7 (integer division), or all n where n < 8.
The cases with another output stride have eval and train only.
"""
import argparse
import functools
import importlib
import json
import math
import os

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
LABELS, CLASSES, HEAD_WIDTH, STEPS, MARGIN, STEP_ERROR = [3, 0], 5, 8, 10, 1e-3, 1e-3
SQ, R18, R50 = "squeezenet 1.1", "resnet 18", "resnet 50"
INPUT = {SQ: "input4", R18: "input5", R50: "input9"}
RATE = {SQ: 1e-4, R18: 1e-4, R50: 5e-5}
# By network and head; the recipes with two and three branches, each comparison.
# Cases of other backbones as arguments of build; found by trying images, deltas and rates.
OTHERS = [
    dict(net="vgg 16", recipe="pp", head="conv", compare="ge", variant="acol", own=8, avg_pool=True, size=(48, 48), width=0.5, image="input1", lr=2e-5, deltas=[0.6]),
    dict(net="vgg 16", recipe="pp", head="conv", compare="ge", variant="acol", own=16, avg_pool=True, size=(64, 48), width=0.25, image="input4", lr=1e-4, deltas=[0.3]),
    dict(net="vgg 16", recipe="p", head="conv6", own=16, size=(64, 64), width=0.25, image="input4", lr=1e-4),
    dict(net="vgg 16", recipe="pn", head="linear", own=8, size=(48, 48), width=0.25, image="input4", lr=5e-6, deltas=[0.34]),
    dict(net="vgg 11_bn", recipe="pp", head="linear", compare="ge", own=8, size=(48, 48), width=0.25, image="input4", lr=1e-4, deltas=[0.42]),
    dict(net="vgg 16", recipe="p", head="linear", stride=32, size=(64, 64), image="input4"),
    dict(net="vgg 19_bn", recipe="p", head="linear", stride=16, size=(64, 64), width=0.25, image="input4"),
    dict(net="vgg 13", recipe="p", head="linear", stride=8, size=(32, 32), width=0.25, image="input4"),
    dict(net="googlenet v1", recipe="pp", head="linear", compare="ge", variant="bvlc", stride=16, size=(48, 48), image="input1", deltas=[0.86]),
    dict(net="googlenet v1", recipe="pn", head="conv", variant="bvlc", own=8, size=(40, 40), width=0.25, image="input1", lr=5e-5, deltas=[0.42]),
    dict(net="googlenet v1", recipe="pp", head="linear", compare="ge", own=16, size=(64, 64), width=0.25, freeze_bn=True, image="input1", lr=1e-4, deltas=[0.56]),
    dict(net="googlenet v1", recipe="p", head="linear", stride=8, size=(64, 64), image="input1"),
    dict(net="mobilenet v2", recipe="p", head="linear", own=16, size=(40, 40), width=0.35, freeze_bn=True, image="input3", lr=1e-7),
    dict(net="mobilenet v2", recipe="p", head="linear", stride=8, size=(64, 64), width=1.4, image="input1"),
    dict(net="mobilenet v2", recipe="p", head="conv6", stride=32, size=(96, 96), width=0.5, image="input1"),
    dict(net="efficientnet b0", recipe="p", head="linear", own=16, size=(48, 48), freeze_bn=True, image="input1", lr=1e-4),
    dict(net="efficientnet b0", recipe="p", head="linear", stride=8, size=(64, 64), image="input1"),
    dict(net="convnext tiny", recipe="pp", head="linear", compare="ge", own=16, size=(64, 64), width=0.25, image="input1", lr=1e-4, deltas=[0.5]),
    dict(net="convnext small", recipe="pn", head="conv", own=8, size=(48, 40), width=0.125, image="input1", lr=1e-4, deltas=[0.5]),
    dict(net="convnext tiny", recipe="p", head="linear", stride=32, size=(96, 64), width=0.5, image="input1"),
    dict(net="convnext base", recipe="p", head="linear", stride=8, size=(64, 64), width=0.25, image="input1"),
    dict(net="inception v3", recipe="p", head="conv", variant="wsol", own=8, size=(64, 64), width=0.25, freeze_bn=True, image="input1", lr=1e-4),
    dict(net="inception v3", recipe="p", head="linear", variant="wsol", stride=16, size=(80, 96), image="input1"),
    dict(net="inception v3", recipe="p", head="linear", own=32, size=(107, 107), width=0.25, freeze_bn=True, image="input1", lr=1e-4),
    dict(net="resnext 50_32x4d", recipe="p", head="linear", width=0.25, freeze_bn=True, image="input1", lr=1e-4),
    dict(net="resnext 50_32x4d", recipe="p", head="linear", stride=8, image="input4"),
    dict(net="wide_resnet 50_2", recipe="p", head="linear", width=0.25, freeze_bn=True, image="input1", lr=1e-4),
    dict(net="wide_resnet 50_2", recipe="p", head="linear", stride=16, width=0.25, image="input1"),
    dict(net="squeezenet 1.0", recipe="pp", head="linear", compare="ge", size=(96, 96), image="input4", lr=1e-4, deltas=[0.42]),
    dict(net="mobilenet v2", recipe="p", head="linear-relu", own=16, size=(40, 40), width=0.35, freeze_bn=True, image="input3", lr=1e-7),
]
WEIGHTS = [0.5, 1, 2, 1.5, 0.25]
# What stochastic depth keeps of each image, by layer: of ConvNeXt's 17 blocks with a rate, and of
# EfficientNet's 9.
KEPT = [[1, 1], [1, 0], [0, 1], [1, 1], [0, 0], [1, 1], [1, 0], [0, 1], [1, 1], [1, 1], [0, 1], [1, 0], [1, 1], [0, 0], [1, 1], [0, 1], [1, 0]]
METHODS = [
    dict(net="squeezenet 1.1", recipe="p", head="linear", loss=dict(name="softmax", smoothing=0.1, class_weights=WEIGHTS), image="input1", lr=1e-4),
    dict(net="squeezenet 1.1", recipe="pp", head="linear", compare="ge", loss=dict(name="sigmoid", smoothing=0.0, class_weights=WEIGHTS), sets=[[1, 3], [0]], image="input1", lr=1e-5, deltas=[0.82]),
    dict(net="squeezenet 1.1", recipe="p", head="linear", sets=[[3, 0], [0, 3]], shares=[0.7, 0.3], image="input1", lr=1e-4),
    dict(net="vgg 16", recipe="p", head="conv6", own=16, size=(64, 64), width=0.25, drops=[1, 0, 1], image="input1", lr=1e-4),
    dict(net="squeezenet 1.1", recipe="p", head="linear", drops=[0, 1, 0], image="input1", lr=1e-4),
    dict(net="googlenet v1", recipe="p", head="linear", own=16, size=(64, 64), width=0.25, drops=[1, 0, 1], freeze_bn=True, image="input1", lr=1e-4),
    dict(net="mobilenet v2", recipe="p", head="linear", own=16, size=(40, 40), width=0.35, drops=[0, 1, 0], freeze_bn=True, image="input3", lr=1e-7),
    dict(net="resnet 18", recipe="p", head="linear", size=(65, 65), own=16, width=0.25, drops=[0, 1, 0], freeze_bn=True, image="input1", lr=1e-4),
    dict(net="efficientnet b0", recipe="p", head="linear", own=16, size=(48, 48), depths=dict(rate=0.6, kept=KEPT[:9]), freeze_bn=True, image="input1", lr=1e-4),
    dict(net="convnext tiny", recipe="p", head="linear", own=16, size=(64, 64), width=0.25, depths=dict(rate=0.5, kept=KEPT), image="input1", lr=1e-4),
]
DELTAS = {
    (SQ, "linear"): dict(pp_gt=[0.54], pp_ge=[0.54], pn_gt=[0.64], pn_ge=[1], ppp_gt=[0.66, 1], ppp_ge=[0.72, 1]),
    (SQ, "conv"): dict(pp_gt=[0.4], pp_ge=[0.3], pn_gt=[0.62], pn_ge=[1], ppp_gt=[0.44, 1], ppp_ge=[0.82, 1]),
    (R18, "linear"): dict(pp_gt=[0.56], pp_ge=[0.56], pn_gt=[0.56], pn_ge=[1], ppp_gt=[0.56, 1], ppp_ge=[0.56, 1]),
    (R18, "conv"): dict(pp_gt=[0.56], pp_ge=[0.56], pn_gt=[0.56], pn_ge=[1], ppp_gt=[0.56, 1], ppp_ge=[0.56, 1]),
}
# Training at full width shows no more than at a quarter of it, takes sixteen times as long, and is
# badly conditioned.
NARROW = dict(width=0.25, image="input11")
SGD = dict(momentum=0.9, nesterov=True, decay=5e-4, head_factor=10, bias_factor=2)


# --- derivation ---

def fnv1a(name):
    h = 0xCBF29CE484222325
    for b in name.encode():
        h = (h ^ b) * 0x100000001B3 % 2**64
    return h


def uniform(name, n):
    """u of elements 0..n-1 as float32 in [0,1)."""
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(name)) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z = z ^ z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)


def derive(name, shape):
    u = uniform(name, math.prod(shape))
    s = 2 * u - 1
    if name.startswith("input"):
        v = s * np.float32(2)
    elif name.endswith(".running_var"):
        v = np.float32(0.5) + u
    elif name.endswith((".running_mean", ".bias")):
        v = s * np.float32(0.25)
    elif len(shape) == 1 or name.endswith(".layer_scale"):
        v = np.float32(0.75) + u * np.float32(0.5)
        if name.endswith((".bn3.weight", ".layer_scale")):
            v = v * np.float32(0.25)
    else:
        v = s * np.float32(math.sqrt(6 / math.prod(shape[1:])))
    assert v.dtype == np.float32
    return torch.from_numpy(v.reshape(shape))


# --- model ---

class Head(nn.Module):
    def __init__(self, channels, kind):
        super().__init__()
        self.relu = kind == "linear-relu"
        for name in {"linear": [], "linear-relu": [], "conv6": ["conv1"], "conv": ["conv1", "conv2"]}[kind]:
            self.add_module(name, nn.Conv2d(channels, HEAD_WIDTH, 3, padding=1))
            channels = HEAD_WIDTH
        self.classifier = nn.Conv2d(channels, CLASSES, 1)

    def forward(self, x):
        for name, layer in self.named_children():
            x = layer(x) if name == "classifier" and not self.relu else F.relu(layer(x))
        return x


def resnet(case):
    """torchvision's, its layers made anew where they are narrower."""
    net = getattr(torchvision.models, case["arch"] + case["depth"])()
    if case["width"] != 1:
        width = lambda channels: round(channels * case["width"])
        net.inplanes = width(64)
        net.conv1, net.bn1 = nn.Conv2d(3, net.inplanes, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(net.inplanes)
        for i in range(4):
            layer = getattr(net, f"layer{i + 1}")
            setattr(net, f"layer{i + 1}", net._make_layer(type(layer[0]), width(64 << i), len(layer), stride=2 if i else 1))
    for stage, limit in (("layer4", 16), ("layer3", 8)):
        if case["output_stride"] <= limit:
            first = getattr(net, stage)[0]
            (first.conv2 if hasattr(first, "conv3") else first.conv1).stride = (1, 1)
            first.downsample[0].stride = (1, 1)
    return net, net.inplanes


def squeezenet(case):
    return getattr(torchvision.models, "squeezenet" + case["depth"].replace(".", "_"))(), 512


def vgg(case):
    """torchvision's layers with the pools of the variant: torchvision's own, of which a smaller output stride leaves out the last, as
    wsolevaluation's CAM does; acol's are 3x3 with padding 1, the last with stride 1 (the ACoL authors' D1 at output stride 8)."""
    depth, _, bn = case["depth"].partition("_")
    plan = torchvision.models.vgg.cfgs[{"11": "A", "13": "B", "16": "D", "19": "E"}[depth]]
    net = nn.Module()
    net.features = torchvision.models.vgg.make_layers([v if v == "M" else round(v * case["width"]) for v in plan], batch_norm=bool(bn))
    stride = 1
    for i, layer in enumerate(net.features):
        if isinstance(layer, nn.MaxPool2d):
            halve = 2 * stride <= case["output_stride"]
            stride *= 2 if halve else 1
            if case["variant"] == "acol":
                net.features[i] = nn.MaxPool2d(3, 2 if halve else 1, padding=1)
            elif not halve:
                net.features[i] = nn.Identity()
    return net, round(512 * case["width"])


def drop_pools(net, names, stride, limit):
    """Leaves out the pools that would take the stride, so far, beyond the limit."""
    for name in names:
        stride *= 2
        if stride > limit:
            setattr(net, name, nn.Identity())


def scaled(name, blocks, width):
    """Of torchvision's module of that name the convolution block, its channels times width, and the given blocks made of it. Images
    keep their three channels; all other numbers of channels must stay whole."""
    module = importlib.import_module("torchvision.models." + name)
    def conv(inputs, outputs, **kwargs):
        return module.BasicConv2d(inputs if inputs == 3 else round(inputs * width), round(outputs * width), **kwargs)
    return [conv, *(functools.partial(getattr(module, b), conv_block=conv) for b in blocks)]


def googlenet(case):
    if case["variant"] != "bvlc":
        blocks = scaled("googlenet", ["Inception", "InceptionAux"], case["width"])
        net = torchvision.models.GoogLeNet(aux_logits=False, init_weights=False, blocks=blocks)
    else:
        net = bvlc(case["width"])
    drop_pools(net, ["maxpool2", "maxpool3", "maxpool4"], 4, case["output_stride"])
    return net, round(1024 * case["width"])


class Plain(nn.Module):
    """A convolution with a bias and a ReLU."""
    def __init__(self, *args, **kwargs):
        super().__init__()
        self.conv = nn.Conv2d(*args, **kwargs)

    def forward(self, x):
        return F.relu(self.conv(x))


class Block(nn.Module):
    """Inception v1 as published."""
    def __init__(self, c, one, r3, three, r5, five, pool):
        super().__init__()
        self.branch1 = Plain(c, one, 1)
        self.branch2 = nn.Sequential(Plain(c, r3, 1), Plain(r3, three, 3, padding=1))
        self.branch3 = nn.Sequential(Plain(c, r5, 1), Plain(r5, five, 5, padding=2))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, padding=1, ceil_mode=True), Plain(c, pool, 1))

    def forward(self, x):
        return torch.cat([b(x) for b in self.children()], 1)


def bvlc(width):
    w = lambda *channels: [round(c * width) for c in channels]
    net = nn.Module()
    half = lambda: nn.MaxPool2d(3, 2, ceil_mode=True)
    lrn = lambda: nn.LocalResponseNorm(5, 1e-4, 0.75, 1.0)
    net.conv1, net.maxpool1, net.norm1 = Plain(3, *w(64), 7, stride=2, padding=3), half(), lrn()
    net.conv2, net.conv3, net.norm2, net.maxpool2 = Plain(*w(64, 64), 1), Plain(*w(64, 192), 3, padding=1), lrn(), half()
    net.inception3a, net.inception3b, net.maxpool3 = Block(*w(192, 64, 96, 128, 16, 32, 32)), Block(*w(256, 128, 128, 192, 32, 96, 64)), half()
    net.inception4a, net.inception4b = Block(*w(480, 192, 96, 208, 16, 48, 64)), Block(*w(512, 160, 112, 224, 24, 64, 64))
    net.inception4c, net.inception4d = Block(*w(512, 128, 128, 256, 24, 64, 64)), Block(*w(512, 112, 144, 288, 32, 64, 64))
    net.inception4e, net.maxpool4 = Block(*w(528, 256, 160, 320, 32, 128, 128)), half()
    net.inception5a, net.inception5b = Block(*w(832, 256, 160, 320, 32, 128, 128)), Block(*w(832, 384, 192, 384, 48, 128, 128))
    return net


def inception(case):
    """torchvision's, or with wsolevaluation's paddings, pools and Mixed_6a, ending with Mixed_6e."""
    blocks = scaled("inception", ["Inception" + letter for letter in ("A", "B", "C", "D", "E", "Aux")], case["width"])
    net = torchvision.models.Inception3(aux_logits=False, init_weights=False, inception_blocks=blocks)
    if case["variant"] != "wsol":
        return net, round(2048 * case["width"])
    net.Conv2d_1a_3x3.conv.padding = (1, 1)
    net.maxpool1, net.maxpool2 = (nn.MaxPool2d(3, 2, padding=1, ceil_mode=True) for _ in range(2))
    if case["output_stride"] == 16:
        net.Mixed_5d = Then(net.Mixed_5d, nn.MaxPool2d(3, 2, ceil_mode=True))
    six = net.Mixed_6a
    for conv in (six.branch3x3.conv, six.branch3x3dbl_3.conv):
        conv.stride, conv.padding = (1, 1), (1, 1)
    six.forward = lambda x: torch.cat([six.branch3x3(x), six.branch3x3dbl_3(six.branch3x3dbl_2(six.branch3x3dbl_1(x))), F.max_pool2d(x, 3, 1, padding=1)], 1)
    for name in "abc":
        delattr(net, "Mixed_7" + name)
    return net, round(768 * case["width"])


def Then(block, pool):
    """The block with a pool behind it, under its own names."""
    forward = block.forward
    block.forward = lambda x: pool(forward(x))
    return block


def mobilenet(case):
    net = torchvision.models.mobilenet_v2(width_mult=case["width"])
    stride = 2
    for block in net.features:
        for m in block.modules():
            if isinstance(m, nn.Conv2d) and m.groups > 1 and m.stride == (2, 2):
                stride *= 2
                if stride > case["output_stride"]:
                    m.stride = (1, 1)
    return net, net.last_channel


def efficientnet(case):
    net = getattr(torchvision.models, "efficientnet_" + case["depth"])(stochastic_depth_prob=case.get("depths", {}).get("rate", 0))
    stride = 2
    for m in net.features[1:].modules():
        if isinstance(m, nn.Conv2d) and m.groups > 1 and m.stride == (2, 2):
            stride *= 2
            if stride > case["output_stride"]:
                m.stride = (1, 1)
    return net, net.classifier[1].in_features


def convnext(case):
    tv = torchvision.models.convnext
    whole = getattr(tv, "convnext_" + case["depth"])()
    stages = [whole.features[i] for i in (1, 3, 5, 7)]
    channels = [round(s[0].block[0].in_channels * case["width"]) for s in stages]
    net = tv.ConvNeXt([tv.CNBlockConfig(c, out, len(s)) for s, c, out in zip(stages, channels, channels[1:] + [None])],
                      stochastic_depth_prob=case.get("depths", {}).get("rate", 0))
    for i, stride in ((2, 8), (4, 16), (6, 32)):
        if stride > case["output_stride"]:
            net.features[i][1].stride = (1, 1)
    return net, channels[-1]


class Attend(nn.Module):
    """An attention dropout layer that drops or weighs, as wsolevaluation defines it."""
    def __init__(self, drop, threshold):
        super().__init__()
        self.drop, self.threshold = drop, threshold

    def forward(self, x):
        if not self.training:
            return x
        attention = x.mean(1, keepdim=True)
        if not self.drop:
            return x * torch.sigmoid(attention)
        return x * (attention < self.threshold * attention.amax((2, 3), keepdim=True)).to(x.dtype)


OWN_PLACES = dict(squeezenet=["features.5", "features.7", "features.12"], googlenet=["inception3b", "inception4e", "inception5b"],
                  mobilenet=["features.6", "features.13", "features.18"])


def attend(case, net):
    """Puts the layers of the case where wsolevaluation has them, or in a SqueezeNet, a GoogLeNet and a MobileNetV2 where acol has them;
    those of case["drops"] in the order of the network."""
    layers = [Attend(d, 0.8) for d in case["drops"]]
    if case["arch"] == "vgg":
        pools = [i for i, l in enumerate(net.features) if not isinstance(l, (nn.Conv2d, nn.ReLU, nn.BatchNorm2d))]
        net.features[pools[2]] = nn.Sequential(net.features[pools[2]], layers[0])
        net.features[pools[3]] = nn.Sequential(layers[1], net.features[pools[3]])
        net.features[pools[4]] = nn.Sequential(layers[2], net.features[pools[4]])
    elif case["arch"] in OWN_PLACES:
        for place, layer in zip(OWN_PLACES[case["arch"]], layers):
            block = net.get_submodule(place)
            if not isinstance(block, nn.Sequential):  # which runs all of its children
                Then(block, layer)
            block.add_module("attend", layer)
    else:
        for (stage, at), layer in zip([("layer3", 0), ("layer4", 0), ("layer4", -1)], layers):
            Then(getattr(net, stage)[at], layer)
            getattr(net, stage)[at].add_module("attend", layer)


# By architecture: a function that makes the network and the number of its features' channels. The
# backbone is the network's children in their order, without those of CLASSIFIER.
BACKBONES = dict(resnet=resnet, resnext=resnet, wide_resnet=resnet, squeezenet=squeezenet, vgg=vgg, googlenet=googlenet,
                 inception=inception, mobilenet=mobilenet, efficientnet=efficientnet, convnext=convnext)
CLASSIFIER = ("avgpool", "fc", "classifier", "dropout")

# Every network and variant, for names.json.
NETWORKS = ("resnet 18,34,50,101,152;resnext 50_32x4d,101_32x8d,101_64x4d;wide_resnet 50_2,101_2;squeezenet 1.0,1.1;"
            "vgg 11,13,16,19,11_bn,13_bn,16_bn,19_bn,11/acol,13/acol,16/acol,19/acol,11_bn/acol,13_bn/acol,16_bn/acol,19_bn/acol;googlenet v1,v1/bvlc;inception v3,v3/wsol;mobilenet v2;efficientnet b0,b1,b2,b3,b4;convnext tiny,small,base,large")


def names():
    """By network: how many tensors its backbone has, how many numbers, and FNV-1a of the lines "name shape" in the order of names."""
    out = {}
    for family in NETWORKS.split(";"):
        arch, depths = family.split()
        for depth in depths.split(","):
            depth, _, variant = depth.partition("/")
            net, _ = BACKBONES[arch](dict(arch=arch, depth=depth, variant=variant, width=1, output_stride=64))
            state = {k: v for k, v in net.state_dict().items() if v.is_floating_point() and k.split(".")[0] not in CLASSIFIER}
            lines = "".join(f"{k} {','.join(map(str, v.shape))}\n" for k, v in sorted(state.items()))
            key = " ".join(filter(None, [arch, depth, variant]))
            out[key] = dict(tensors=len(state), numbers=sum(v.numel() for v in state.values()), hash=f"{fnv1a(lines):016x}")
    return out


class ACoL(nn.Module):
    def __init__(self, case):
        super().__init__()
        net, channels = BACKBONES[case["arch"]](case)
        if case.get("drops"):
            attend(case, net)
        for name, child in net.named_children():
            if name not in CLASSIFIER:
                self.add_module(name, child)
        self.backbone = list(self.children())
        self.branches = nn.ModuleList(Head(channels, case["head"]) for _ in case["recipe"])
        self.case = case
        state = {k: derive(k, v.shape) if v.is_floating_point() else v for k, v in self.state_dict().items()}
        self.load_state_dict(state)

    def drawn(self, noise, survival):
        """In the place of Tensor.bernoulli_, which torchvision's stochastic depth calls with the probability of keeping a residual."""
        kept = torch.tensor(self.case["depths"]["kept"][self.draws], dtype=noise.dtype)
        self.draws += 1
        return noise.copy_(kept.reshape(noise.shape))

    def forward(self, x, labels):
        """labels is one for each image; in training an image may have several, of which the case tells: the map is then the maximum over
        the normalised maps of all of them."""
        many = self.training and self.case.get("loss", {}).get("name") == "sigmoid"
        sets = self.case["sets"] if many else [[l] for l in labels.tolist()]
        self.draws = 0
        if "depths" in self.case:
            torch.Tensor.bernoulli_ = lambda noise, survival: self.drawn(noise, survival)
        for layer in self.backbone:
            x = layer(x)
        assert self.draws in (0, len(self.case.get("depths", {}).get("kept", [])))
        if self.case["avg_pool"]:
            x = F.avg_pool2d(x, 3, stride=1, padding=1)
        logits, maps = [], []
        for i, branch in enumerate(self.branches):
            c = branch(x)
            logits.append(c.mean((2, 3)))
            m = torch.stack([normalise(c.detach()[i, s]).amax(0) for i, s in enumerate(sets)])
            maps.append(m)
            if i + 1 < len(self.branches):
                delta = self.case["deltas"][i]
                erased = m > delta if self.case["compare"] == "gt" else m >= delta
                x = torch.where(erased.unsqueeze(1), torch.zeros_like(x), x)
        return logits, maps


def normalise(c):
    low, high = c.amin((1, 2), keepdim=True), c.amax((1, 2), keepdim=True)
    assert (high > low).all()
    return (c - low) / (high - low)


def p_loss(case, z, labels):
    """Of a p branch: cross-entropy with what the case has of class weights and smoothing; of several labels an image, binary
    cross-entropy, or where they have shares the sum of the cross-entropies of the first and the second."""
    loss = case.get("loss", {})
    weights = torch.tensor(loss["class_weights"], dtype=z.dtype) if loss.get("class_weights") else None
    smoothing = loss.get("smoothing", 0)
    if loss.get("name") == "sigmoid":
        y = torch.zeros_like(z)
        for i, s in enumerate(case["sets"]):
            y[i, s] = 1
        return F.binary_cross_entropy_with_logits(z, y * (1 - smoothing) + smoothing / 2, weight=weights)
    entropy = lambda l: F.cross_entropy(z, l, weight=weights, label_smoothing=smoothing)
    if "shares" in case:
        return sum(s * entropy(torch.tensor(l)) for s, l in zip(case["shares"], zip(*case["sets"])))
    return entropy(labels)


def losses(case, logits, labels):
    out = []
    for kind, z in zip(case["recipe"], logits):
        if kind == "p":
            out.append(p_loss(case, z, labels))
        else:
            others = z.sum(1) - z.gather(1, labels[:, None])[:, 0]
            out.append((torch.logsumexp(z, 1) - others / (CLASSES - 1)).mean())
    return out


def fuse(recipe, maps):
    return torch.stack([m for kind, m in zip(recipe, maps) if kind == "p"]).amax(0)


def margin(case, maps):
    """Smallest distance of a map element to its delta; of a delta of 1, which a maximum meets exactly, that of all but the maxima,
    and only where they are erased (ge)."""
    gaps = [(m - d).abs() for m, d in zip(maps, case["deltas"]) if d != 1 or case["compare"] == "ge"]
    return min([g[g > 0].min().item() for g in gaps], default=1.0)


# --- one case ---

def summary(t):
    t = t.detach().double().flatten()
    n = len(t)
    at = range(n) if n < 8 else [j * (n - 1) // 7 for j in range(8)]
    return [t.norm().item(), t.sum().item()] + [t[i].item() for i in at]


def optimizer(model, lr):
    groups = [dict(params=[p], lr=lr * (SGD["head_factor"] if name.startswith("branches.") else 1)
                   * (SGD["bias_factor"] if name.endswith(".bias") else 1)) for name, p in model.named_parameters()]
    return torch.optim.SGD(groups, lr=lr, momentum=SGD["momentum"], nesterov=SGD["nesterov"], weight_decay=SGD["decay"])


def compute(case, dtype):
    """Everything about one case as tensors of dtype, and the smallest margin seen."""
    model = ACoL(case).to(dtype)
    image, labels = derive(case["input"]["name"], case["input"]["shape"]).to(dtype), torch.tensor(LABELS)
    recipe, out = case["recipe"], {}

    def forward():
        logits, maps = model(image, labels)
        return logits, maps, losses(case, logits, labels), dict(logits=torch.stack(logits), maps=torch.stack(maps), fused=fuse(recipe, maps))

    model.eval()
    with torch.no_grad():
        _, maps, _, out["eval"] = forward()
    margins = [margin(case, maps)]
    model.train(not case["freeze_bn"])
    for m in model.modules():
        if isinstance(m, (Attend, torchvision.ops.StochasticDepth)):
            m.train()
    _, maps, parts, out["train"] = forward()
    out["train"]["losses"] = torch.stack(parts)
    margins.append(margin(case, maps))
    if "lr" in case:
        out["running"] = {k: v.clone() for k, v in model.named_buffers() if v.is_floating_point() and not case["freeze_bn"]}
        total, steps, opt = sum(parts), [], optimizer(model, case["lr"])
        for step in range(STEPS):
            opt.zero_grad()
            total.backward()
            if step == 0:
                out["gradients"] = {k: p.grad.clone() for k, p in model.named_parameters()}
            steps.append(total.detach())
            opt.step()
            _, maps, parts, _ = forward()
            total = sum(parts)
            margins.append(margin(case, maps))
        out["steps"] = torch.stack(steps + [total.detach()])
    return out, min(margins)


def relative(got, want):
    return ((got.double() - want).norm() / want.norm()).item()


def errors(got, want):
    """Of float32 against float64: relative L2 errors of the tensors; of the gradients the median and the largest over the parameters;
    of the gradients' sampled elements the largest error in units of the parameter's root mean square; of the steps the largest."""
    e = {f"{mode}_{k}": relative(got[mode][k], want[mode][k]) for mode in ("eval", "train") for k in want[mode]}
    if "gradients" in want:
        # Not of gradients that vanish, such as those of biases before a batch norm.
        want = {**want, "gradients": {k: v for k, v in want["gradients"].items() if v.norm() > 1e-10}}
        g = sorted((relative(got["gradients"][k], v), k) for k, v in want["gradients"].items())
        e["gradient_median"], e["gradient_max"], e["gradient_max_at"] = g[len(g) // 2][0], g[-1][0], g[-1][1]
        e["gradient_element_max"] = max(
            max(abs(a - b) for a, b in zip(summary(got["gradients"][k])[2:], summary(v)[2:])) / (v.norm().item() / math.sqrt(v.numel()))
            for k, v in want["gradients"].items())
        e["gradient_sum_max"] = max(abs(summary(got["gradients"][k])[1] - summary(v)[1]) / v.norm().item() for k, v in want["gradients"].items())
        e["running_max"] = max((relative(got["running"][k], v) for k, v in want["running"].items()), default=0.0)
        e["steps"] = ((got["steps"].double() - want["steps"]) / want["steps"]).abs().max().item()
    return e


def name(case):
    rect = "rect" if len(set(case["input"]["shape"][2:])) > 1 else ""
    stride = f"os{case['output_stride']}" if "lr" not in case else ""
    compare = case["compare"] if len(case["recipe"]) > 1 else ""
    frozen = "frozenbn" if case["freeze_bn"] else ""
    width = f"w{case['width']}" if case["width"] != 1 else ""
    methods = [k for k in ("drops", "depths", "sets", "shares", "loss") if k in case]
    parts = [case["arch"] + case["depth"], *methods, case["variant"], width, stride, case["recipe"], case["head"], compare, frozen, rect]
    return "-".join(p for p in parts if p)


def build(net, recipe, head, compare="gt", deltas=(), stride=None, size=None, image=None, lr=None, freeze_bn=False, variant="", width=1,
          avg_pool=False, own=None, **more):
    """A case; with a stride, forward only. own is the output stride of one with steps; more goes into the case."""
    arch, depth = net.split()
    side = 96 if arch == "squeezenet" else 65
    own = own or (16 if arch == "squeezenet" else 32)
    c = dict(arch=arch, depth=depth, variant=variant, width=width, output_stride=stride or own, avg_pool=avg_pool, recipe=recipe, head=head,
             head_width=HEAD_WIDTH if not head.startswith("linear") else 0, compare=compare, deltas=list(deltas), freeze_bn=freeze_bn,
             classes=CLASSES, labels=LABELS, input=dict(name=image or INPUT[net], shape=[2, 3, *(size or (side, side))]), **more)
    return c if stride else {**c, "lr": lr or RATE[net]}


def cases():
    yield from backbones()
    for net in (SQ, R18):
        more = NARROW if net == R18 else {}
        for head in ("linear", "conv"):
            yield build(net, "p", head, **more)
            for key, deltas in DELTAS[net, head].items():
                recipe, compare = key.split("_")
                gentle = net == R18 and recipe in ("pp", "ppp")  # at higher rates rounding grows too fast
                yield build(net, recipe, head, compare, deltas, lr=2e-5 if gentle else None, **more)
    yield build(SQ, "pp", "linear", "ge", [0.66], size=(64, 96), image="input7")
    yield build(R18, "pp", "linear", "ge", [0.56])
    yield build(R18, "pp", "linear", "ge", [0.52], size=(65, 97), lr=5e-5, width=0.25, image="input8")
    yield build(R18, "pp", "linear", "ge", [0.56], freeze_bn=True, lr=5e-5, width=0.25, image="input34")
    yield build(R50, "p", "linear", width=0.25, image="input1")
    yield build(R50, "pp", "linear", "ge", [0.68], lr=2e-5, width=0.25, image="input1")
    yield build(R50, "pp", "linear", "ge", [0.56], freeze_bn=True, width=0.25, image="input2")
    yield build(R50, "pn", "linear", "gt", [0.56], freeze_bn=True, width=0.25, image="input2")
    yield build(R50, "ppp", "conv", "gt", [0.56, 1], freeze_bn=True, width=0.25, image="input2")
    for net in (R18, R50):
        for stride in (16, 8):
            yield build(net, "p", "linear", stride=stride)


def backbones():
    """The other backbones, each with its variants and strides."""
    for v in OTHERS + METHODS:
        yield build(**v)


# --- writing ---

def text(value, indent=0):
    """JSON: one line for a list or a scalar, one line a key for an object; numbers with nine digits."""
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    if isinstance(value, dict):
        pad = " " * (indent + 1)
        body = ",\n".join(f"{pad}{json.dumps(k)}: {text(v, indent + 1)}" for k, v in value.items())
        return "{\n" + body + "\n" + " " * indent + "}" if value else "{}"
    if isinstance(value, list):
        return "[" + ",".join(text(v) for v in value) + "]"
    if isinstance(value, float):
        assert math.isfinite(value)
        return f"{value:.9g}"
    return json.dumps(value)


def write(path, value):
    with open(os.path.join(HERE, path), "w") as f:
        f.write(text(value) + "\n")


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("--report", action="store_true", help="print the float32 errors")
    args.add_argument("--only", default="", help="only cases whose name contains this")
    args = args.parse_args()
    torch.manual_seed(0)
    os.makedirs(os.path.join(HERE, "parity"), exist_ok=True)
    write("derive.json", {k: dict(shape=list(s), summary=summary(derive(k, s))) for k, s in {
        "input": (2, 3, 65, 65), "conv1.weight": (64, 3, 7, 7), "features.3.squeeze.weight": (16, 64, 1, 1),
        "branches.0.classifier.bias": (5,), "bn1.weight": (64,), "bn1.running_mean": (64,), "bn1.running_var": (64,)}.items()})
    if not args.only:
        write("names.json", names())
    for case in cases():
        if args.only not in name(case):
            continue
        want, room = compute(case, torch.float64)
        got, room32 = compute(case, torch.float32)
        error = errors(got, want)
        if args.report:
            print(name(case), f"margin {room:.2g} {room32:.2g}", " ".join(f"{k} {v:.1e}" if isinstance(v, float) else v for k, v in error.items()),
                  want.get("steps", torch.zeros(0)).tolist(), flush=True)
        assert min(room, room32) > MARGIN, f"{name(case)}: a map element is {min(room, room32):.2g} from its delta"
        assert error.get("steps", 0) < STEP_ERROR, f"{name(case)}: ten steps in float32 differ by {error['steps']:.2g}"
        record = {k: v for k, v in case.items() if k != "lr"}
        record.update(eval=want["eval"], train=want["train"])
        if "lr" in case:
            record["gradients"] = {k: summary(v) for k, v in want["gradients"].items()}
            record["running"] = {k: summary(v) for k, v in want["running"].items()}
            record["sgd"] = dict(lr=case["lr"], **SGD, losses=want["steps"])
        record["float32"] = error
        write(f"parity/{name(case)}.json", record)


if __name__ == "__main__":
    main()

"""The backbones of torch_acol.py, with the parameters' names of torchvision.

Each class takes a depth and an output stride (0 for its own) and has the number of its output's
channels as `channels`.
"""

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    """A residual block of torchvision's ResNet: basic, or a bottleneck that strides in its 3x3."""

    def __init__(self, inputs, width, stride, bottleneck, first):
        super().__init__()
        out = width * 4 if bottleneck else width
        shapes = [(inputs, width, 1, 1), (width, width, 3, stride), (width, out, 1, 1)]
        if not bottleneck:
            shapes = [(inputs, width, 3, stride), (width, width, 3, 1)]
        self.count = len(shapes)
        for i, (a, b, k, s) in enumerate(shapes, 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, k, s, k // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        self.downsample = None
        if first and (stride != 1 or inputs != out):
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.count:
                y = F.relu(y, inplace=True)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


class ResNet(nn.Module):
    """A ResNet. A smaller output stride sets the last layers' strides to 1, without dilation."""

    def __init__(self, depth, output_stride):
        super().__init__()
        blocks = {
            "18": (2, 2, 2, 2),
            "34": (3, 4, 6, 3),
            "50": (3, 4, 6, 3),
            "101": (3, 4, 23, 3),
            "152": (3, 8, 36, 3),
        }[depth]
        bottleneck = int(depth) >= 50
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.channels, reached = 64, 4
        for layer, count in enumerate(blocks):
            stride = 2 if layer and reached < (output_stride or 32) else 1
            reached *= stride
            stack = []
            for i in range(count):
                stack.append(
                    Block(self.channels, 64 << layer, stride if i == 0 else 1, bottleneck, i == 0)
                )
                self.channels = (64 << layer) * (4 if bottleneck else 1)
            # A layer whose stride is 1 keeps its projection, as its channels still change.
            setattr(self, f"layer{layer + 1}", nn.Sequential(*stack))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


class Fire(nn.Module):
    """SqueezeNet's module: a 1x1 squeeze, then 1x1 and 3x3 convolutions side by side."""

    def __init__(self, inputs, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x), inplace=True)
        return torch.cat(
            [F.relu(self.expand1x1(x), inplace=True), F.relu(self.expand3x3(x), inplace=True)], 1
        )


class SqueezeNet(nn.Module):
    """The convolutional layers of SqueezeNet 1.1."""

    def __init__(self, depth, output_stride):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 3, 2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(64, 16, 64),
            Fire(128, 16, 64),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(128, 32, 128),
            Fire(256, 32, 128),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(256, 48, 192),
            Fire(384, 48, 192),
            Fire(384, 64, 256),
            Fire(512, 64, 256),
        )
        self.channels = 512

    def forward(self, x):
        return self.features(x)


class VGG(nn.Module):
    """The ACoL authors' VGG: 3x3 pools with padding 1, the last of them at stride 1."""

    def __init__(self, depth, output_stride):
        super().__init__()
        layers, inputs = [], 3
        for stage, count in enumerate({"16": (2, 2, 3, 3, 3), "19": (2, 2, 4, 4, 4)}[depth]):
            out = min(64 << stage, 512)
            for _ in range(count):
                layers += [nn.Conv2d(inputs, out, 3, padding=1), nn.ReLU(inplace=True)]
                inputs = out
            layers.append(nn.MaxPool2d(3, 2 if 2 << stage <= (output_stride or 8) else 1, 1))
        self.features = nn.Sequential(*layers)
        self.channels = inputs

    def forward(self, x):
        return self.features(x)


class InvertedResidual(nn.Module):
    """MobileNetV2's block: 1x1 expansion, depthwise 3x3, 1x1 projection without ReLU."""

    def __init__(self, inputs, out, stride, expand):
        super().__init__()
        inner = inputs * expand
        self.adds = stride == 1 and inputs == out
        layers = [relu6_conv(inputs, inner, 1, 1, 1)] if expand != 1 else []
        layers += [
            relu6_conv(inner, inner, 3, stride, inner),
            nn.Conv2d(inner, out, 1, bias=False),
            nn.BatchNorm2d(out),
        ]
        self.conv = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv(x) if self.adds else self.conv(x)


def relu6_conv(inputs, out, size, stride, groups):
    """A convolution without bias, batch norm and ReLU6."""
    conv = nn.Conv2d(inputs, out, size, stride, size // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out), nn.ReLU6(inplace=True))


class MobileNetV2(nn.Module):
    """The convolutional layers of MobileNetV2."""

    def __init__(self, depth, output_stride):
        super().__init__()
        layers, inputs = [relu6_conv(3, 32, 3, 2, 1)], 32
        rows = [
            (1, 16, 1, 1),
            (6, 24, 2, 2),
            (6, 32, 3, 2),
            (6, 64, 4, 2),
            (6, 96, 3, 1),
            (6, 160, 3, 2),
            (6, 320, 1, 1),
        ]
        for expand, out, count, stride in rows:
            for i in range(count):
                layers.append(InvertedResidual(inputs, out, stride if i == 0 else 1, expand))
                inputs = out
        self.features = nn.Sequential(*layers, relu6_conv(inputs, 1280, 1, 1, 1))
        self.channels = 1280

    def forward(self, x):
        return self.features(x)


class NamedConv(nn.Module):
    """A convolution with bias and ReLU, whose parameters are named conv."""

    def __init__(self, inputs, out, size, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, out, size, stride, size // 2)

    def forward(self, x):
        return F.relu(self.conv(x), inplace=True)


class Inception(nn.Module):
    """GoogLeNet's module: 1x1, 3x3 and 5x5 convolutions and a pool, side by side."""

    def __init__(self, inputs, one, reduce3, three, reduce5, five, pool):
        super().__init__()
        self.branch1 = NamedConv(inputs, one, 1)
        self.branch2 = nn.Sequential(NamedConv(inputs, reduce3, 1), NamedConv(reduce3, three, 3))
        self.branch3 = nn.Sequential(NamedConv(inputs, reduce5, 1), NamedConv(reduce5, five, 5))
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, 1, 1, ceil_mode=True), NamedConv(inputs, pool, 1)
        )

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


def max_pool(x):
    return F.max_pool2d(x, 3, 2, ceil_mode=True)


def local_norm(x):
    return F.local_response_norm(x, 5, 1e-4, 0.75, 1.0)


class GoogLeNet(nn.Module):
    """Caffe's GoogLeNet up to inception4e, where the ACoL paper cuts it."""

    blocks = {
        "3a": (192, 64, 96, 128, 16, 32, 32),
        "3b": (256, 128, 128, 192, 32, 96, 64),
        "4a": (480, 192, 96, 208, 16, 48, 64),
        "4b": (512, 160, 112, 224, 24, 64, 64),
        "4c": (512, 128, 128, 256, 24, 64, 64),
        "4d": (512, 112, 144, 288, 32, 64, 64),
        "4e": (528, 256, 160, 320, 32, 128, 128),
    }

    def __init__(self, depth, output_stride):
        super().__init__()
        self.conv1 = NamedConv(3, 64, 7, 2)
        self.conv2 = NamedConv(64, 64, 1)
        self.conv3 = NamedConv(64, 192, 3)
        for name, shape in self.blocks.items():
            setattr(self, "inception" + name, Inception(*shape))
        self.channels = 832

    def forward(self, x):
        x = local_norm(max_pool(self.conv1(x)))
        x = local_norm(self.conv3(self.conv2(x)))
        for name in self.blocks:
            if name in ("3a", "4a"):
                x = max_pool(x)
            x = getattr(self, "inception" + name)(x)
        return x


NETWORKS = {
    "googlenet": GoogLeNet,
    "mobilenet": MobileNetV2,
    "resnet": ResNet,
    "squeezenet": SqueezeNet,
    "vgg": VGG,
}

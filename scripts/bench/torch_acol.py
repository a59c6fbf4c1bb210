"""ACoL in PyTorch, compact and of the structure that acol has, to measure acol against.

    torch_acol.py check    MODEL RUN                 outputs equal those that `acol bench --export RUN` kept
    torch_acol.py bench    MODEL --mode train …      one JSON object: images a second, peak memory
    torch_acol.py localize MODEL RUN IMAGE OUT.png   a heat map, as `acol localize` draws one

MODEL is --arch --depth --kinds --head …, see --help. It needs torch; localize needs Pillow too.
"""

import argparse
import json
import os
import statistics
import struct
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    """A residual block of torchvision's ResNet: basic, or a bottleneck with its stride on the 3x3."""

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
            self.downsample = nn.Sequential(nn.Conv2d(inputs, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.count:
                y = F.relu(y, inplace=True)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


class ResNet(nn.Module):
    """ResNet; a smaller output stride turns the strides of the last layers to 1, without dilation."""

    def __init__(self, depth, output_stride):
        super().__init__()
        blocks = {"18": (2, 2, 2, 2), "34": (3, 4, 6, 3), "50": (3, 4, 6, 3), "101": (3, 4, 23, 3), "152": (3, 8, 36, 3)}[depth]
        bottleneck = int(depth) >= 50
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.channels, reached = 64, 4
        for layer, count in enumerate(blocks):
            stride = 2 if layer and reached < (output_stride or 32) else 1
            reached *= stride
            stack = []
            for i in range(count):
                stack.append(Block(self.channels, 64 << layer, stride if i == 0 else 1, bottleneck, i == 0))
                self.channels = (64 << layer) * (4 if bottleneck else 1)
            # torchvision keeps the projection where only its stride is gone; channels differ there.
            setattr(self, f"layer{layer + 1}", nn.Sequential(*stack))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


class Fire(nn.Module):
    def __init__(self, inputs, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x), inplace=True)
        return torch.cat([F.relu(self.expand1x1(x), inplace=True), F.relu(self.expand3x3(x), inplace=True)], 1)


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1's features."""

    def __init__(self, depth, output_stride):
        super().__init__()
        pool = lambda: nn.MaxPool2d(3, 2, ceil_mode=True)  # noqa: E731
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 3, 2), nn.ReLU(inplace=True), pool(),
            Fire(64, 16, 64), Fire(128, 16, 64), pool(),
            Fire(128, 32, 128), Fire(256, 32, 128), pool(),
            Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256),
        )
        self.channels = 512

    def forward(self, x):
        return self.features(x)


class VGG(nn.Module):
    """The ACoL authors' VGG: 3x3 pools with padding 1, of which a smaller output stride turns the last to stride 1."""

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
    def __init__(self, inputs, out, stride, expand):
        super().__init__()
        inner = inputs * expand
        self.adds = stride == 1 and inputs == out
        layers = [relu6_conv(inputs, inner, 1, 1, 1)] if expand != 1 else []
        layers += [relu6_conv(inner, inner, 3, stride, inner), nn.Conv2d(inner, out, 1, bias=False), nn.BatchNorm2d(out)]
        self.conv = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv(x) if self.adds else self.conv(x)


def relu6_conv(inputs, out, size, stride, groups):
    return nn.Sequential(
        nn.Conv2d(inputs, out, size, stride, size // 2, groups=groups, bias=False), nn.BatchNorm2d(out), nn.ReLU6(inplace=True))


class MobileNetV2(nn.Module):
    """MobileNetV2's features."""

    def __init__(self, depth, output_stride):
        super().__init__()
        layers, inputs = [relu6_conv(3, 32, 3, 2, 1)], 32
        rows = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
        for expand, out, count, stride in rows:
            for i in range(count):
                layers.append(InvertedResidual(inputs, out, stride if i == 0 else 1, expand))
                inputs = out
        self.features = nn.Sequential(*layers, relu6_conv(inputs, 1280, 1, 1, 1))
        self.channels = 1280

    def forward(self, x):
        return self.features(x)


class NamedConv(nn.Module):
    """A convolution with ReLU, under the name conv."""

    def __init__(self, inputs, out, size, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, out, size, stride, size // 2)

    def forward(self, x):
        return F.relu(self.conv(x), inplace=True)


class Inception(nn.Module):
    def __init__(self, inputs, one, reduce3, three, reduce5, five, pool):
        super().__init__()
        self.branch1 = NamedConv(inputs, one, 1)
        self.branch2 = nn.Sequential(NamedConv(inputs, reduce3, 1), NamedConv(reduce3, three, 3))
        self.branch3 = nn.Sequential(NamedConv(inputs, reduce5, 1), NamedConv(reduce5, five, 5))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), NamedConv(inputs, pool, 1))

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class GoogLeNet(nn.Module):
    """Caffe's GoogLeNet to inception4e, where the ACoL paper cuts it."""

    blocks = {
        "3a": (192, 64, 96, 128, 16, 32, 32), "3b": (256, 128, 128, 192, 32, 96, 64), "4a": (480, 192, 96, 208, 16, 48, 64),
        "4b": (512, 160, 112, 224, 24, 64, 64), "4c": (512, 128, 128, 256, 24, 64, 64), "4d": (512, 112, 144, 288, 32, 64, 64),
        "4e": (528, 256, 160, 320, 32, 128, 128),
    }

    def __init__(self, depth, output_stride):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = NamedConv(3, 64, 7, 2), NamedConv(64, 64, 1), NamedConv(64, 192, 3)
        for name, shape in self.blocks.items():
            setattr(self, "inception" + name, Inception(*shape))
        self.channels = 832

    def forward(self, x):
        pool = lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True)  # noqa: E731
        norm = lambda x: F.local_response_norm(x, 5, 1e-4, 0.75, 1.0)  # noqa: E731
        x = norm(self.conv3(self.conv2(norm(pool(self.conv1(x))))))
        for name in self.blocks:
            if name in ("3a", "4a"):
                x = pool(x)
            x = getattr(self, "inception" + name)(x)
        return x


class Head(nn.Module):
    """A branch's classifier: maps of every class, by a 1x1 convolution, after two 3x3 ones where conv."""

    def __init__(self, channels, classes, conv):
        super().__init__()
        self.conv = conv
        if conv:
            self.conv1 = nn.Conv2d(channels, 1024, 3, padding=1)
            self.conv2 = nn.Conv2d(1024, 1024, 3, padding=1)
            channels = 1024
        self.classifier = nn.Conv2d(channels, classes, 1)

    def forward(self, x):
        if self.conv:
            x = F.relu(self.conv2(F.relu(self.conv1(x), inplace=True)), inplace=True)
        return self.classifier(x)


NETWORKS = {"googlenet": GoogLeNet, "mobilenet": MobileNetV2, "resnet": ResNet, "squeezenet": SqueezeNet, "vgg": VGG}


class ACoL(nn.Module):
    """The backbone and its complementary branches; a map that compares over delta erases for the next branch."""

    def __init__(self, a):
        super().__init__()
        self.backbone = NETWORKS[a.arch](a.depth, a.output_stride)
        self.branches = nn.ModuleList(Head(self.backbone.channels, a.classes, a.head == "conv") for _ in a.kinds)
        self.kinds, self.delta, self.avg_pool = a.kinds, a.delta, a.avg_pool

    def forward(self, x, labels, erase_by=None):
        """Logits (N,K) and normalised maps (N,h,w) of every branch; labels None takes the first branch's best class.

        erase_by are maps to erase by instead of the own ones."""
        x = self.backbone(x)
        if self.avg_pool:
            x = F.avg_pool2d(x, 3, 1, 1)
        logits, maps = [], []
        for i, head in enumerate(self.branches):
            scores = head(x)
            logits.append(scores.mean((2, 3)))
            if labels is None:
                labels = logits[0].argmax(1)
            m = scores.detach()[torch.arange(len(labels)), labels].float()
            low, high = m.amin((1, 2), keepdim=True), m.amax((1, 2), keepdim=True)
            m = torch.where(high > low, (m - low) / (high - low), 0.0)
            maps.append(m)
            if i + 1 < len(self.branches):
                m = m if erase_by is None else erase_by[i]
                x = torch.where((m >= self.delta)[:, None], 0.0, x)
        return logits, maps

    def loss(self, logits, labels):
        """Cross-entropy of the p branches, of the n branches its adversary."""
        total = 0.0
        for kind, x in zip(self.kinds, logits):
            if kind == "p":
                total = total + F.cross_entropy(x, labels)
                continue
            others = x.sum(1) - x.gather(1, labels[:, None])[:, 0]
            total = total + (x.logsumexp(1) - others / (x.shape[1] - 1)).mean()
        return total

    def load(self, tensors):
        """Takes acol's names, which are torchvision's for the backbone. Strict but for batch counters."""
        own = {k if k.startswith("branches.") else "backbone." + k: v for k, v in tensors.items()}
        missing, unexpected = self.load_state_dict(own, strict=False)
        missing = [k for k in missing if not k.endswith("num_batches_tracked")]
        if missing or unexpected:
            sys.exit(f"other parameters than acol's: missing {missing}, unexpected {unexpected}")


def read_safetensors(path):
    """float32 tensors by name."""
    with open(path, "rb") as f:
        head = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = bytearray(f.read())
    tensors = {}
    for name, t in head.items():
        if name == "__metadata__":
            continue
        if t["dtype"] != "F32":
            sys.exit(f"{path}: {name} is {t['dtype']}, want F32")
        begin, end = t["data_offsets"]
        tensors[name] = torch.frombuffer(data, dtype=torch.float32, offset=begin, count=(end - begin) // 4).reshape(t["shape"])
    return tensors


def check(a):
    """Loads acol's weights, and compares parameters, logits, maps and the training loss."""
    model = ACoL(a)
    weights, want = read_safetensors(os.path.join(a.run, "last.safetensors")), read_safetensors(os.path.join(a.run, "bench.safetensors"))
    model.load(weights)
    mine = sum(p.numel() for p in model.parameters())
    theirs = sum(v.numel() for k, v in weights.items() if ".running_" not in k)
    if mine != theirs:
        sys.exit(f"{mine} parameters, acol has {theirs}")
    x, labels = want["image"], want["labels"].long()
    # A value of a map that lies at the threshold may be rounded to the other side of it: so both erase by the same maps.
    given = [want[f"branches.{i}.maps"] for i in range(len(a.kinds))]
    worst, scores = 0.0, []
    hooks = [head.register_forward_hook(lambda _, __, y: scores.append(y[torch.arange(len(labels)), labels])) for head in model.branches]
    with torch.inference_mode():
        model.eval()
        logits, maps = model(x, labels, given)
        for hook in hooks:
            hook.remove()
        model.train()
        loss = model.loss(model(x, labels)[0], labels)
    pairs = [("loss", loss.reshape(1))]
    for i in range(len(a.kinds)):
        pairs.append((f"branches.{i}.logits", logits[i]))
        # A random network may see nothing: normalised, a map that is all but constant is noise of rounding.
        span = scores[i].amax((1, 2)) - scores[i].amin((1, 2))
        if (span > 1e-3 * scores[i].abs().amax((1, 2))).all():
            pairs.append((f"branches.{i}.maps", maps[i]))
    for name, got in pairs:
        off = ((got - want[name]).abs().max() / want[name].abs().max()).item()
        worst = max(worst, off)
        if not off < a.tolerance:
            sys.exit(f"{name} differs from acol's by {off:.2g} of its largest value, want less than {a.tolerance}")
    print(json.dumps({"parameters": mine, "largest_difference": worst}))


def bench(a):
    torch.manual_seed(1)
    model = ACoL(a)
    x, labels = torch.randn(a.batch, 3, a.size, a.size), torch.randint(a.classes, (a.batch,))
    if a.layout == "channels_last":
        model = model.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)
    train = a.mode == "train"
    model.train(train)
    run = model
    if a.compile:
        if not train:
            import torch._inductor.config as inductor
            inductor.freezing = True  # folds batch norm
        run = torch.compile(model)
    if train:
        groups = [{"params": model.backbone.parameters(), "lr": 1e-9}, {"params": model.branches.parameters(), "lr": 1e-8}]
        opt = torch.optim.SGD(groups, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=True)

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=a.bf16):
            logits, maps = run(x, labels)
        if not train:
            return maps[-1].sum().item()  # somebody looks
        loss = model.loss([v.float() for v in logits], labels)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        return loss.item()

    seconds = []
    with torch.set_grad_enabled(train):
        for i in range(a.warmup + a.steps):
            begin = time.perf_counter()
            step()
            if i >= a.warmup:
                seconds.append(time.perf_counter() - begin)
    print(json.dumps({
        "img_s": a.batch / statistics.median(seconds), "seconds": seconds, "peak_bytes": peak_memory(), "torch": torch.__version__,
        "threads": torch.get_num_threads(), "isa": torch.backends.cpu.get_cpu_capability().lower(),
        "parameters": sum(p.numel() for p in model.parameters()),
    }))


def peak_memory():
    """The process's peak memory in bytes, 0 where the system does not say."""
    try:
        with open("/proc/self/status") as f:
            return next(int(line.split()[1]) << 10 for line in f if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return 0


def localize(a):
    """Draws the fused map of the most likely class over an image."""
    from PIL import Image
    model = ACoL(a).eval()
    model.load(read_safetensors(os.path.join(a.run, "last.safetensors")))
    image = Image.open(a.image).convert("RGB")
    small = image.resize((a.size, a.size), Image.BILINEAR)
    x = torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8).reshape(1, a.size, a.size, 3).permute(0, 3, 1, 2).float() / 255
    x = (x - torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)
    with torch.inference_mode():
        logits, maps = model(x.contiguous(), None)
        fused = torch.stack(maps).amax(0)[None]
        fused = F.interpolate(fused, (image.height, image.width), mode="bilinear")[0, 0]
        best = logits[0].softmax(1).max(1)
    grey = Image.frombytes("L", image.size, (fused * 255).to(torch.uint8).contiguous().numpy().tobytes())
    jet = [[min(max(int(255 * (1.5 - abs(4 * v / 255 - peak))), 0), 255) for v in range(256)] for peak in (3, 2, 1)]
    heat = Image.merge("RGB", [grey.point(ramp) for ramp in jet])
    Image.blend(image, heat, 0.5).save(a.out)
    print(json.dumps({"class": best.indices.item(), "probability": best.values.item()}))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--arch", required=True, choices=sorted(NETWORKS))
    p.add_argument("--depth", required=True)
    p.add_argument("--output-stride", type=int, default=0)
    p.add_argument("--kinds", default="pp")
    p.add_argument("--head", default="linear", choices=["linear", "conv"])
    p.add_argument("--avg-pool", action="store_true")
    p.add_argument("--delta", type=float, default=0.6)
    p.add_argument("--classes", type=int, default=200)
    p.add_argument("--size", type=int, default=224)
    p.add_argument("--threads", type=int, default=0)
    sub = p.add_subparsers(required=True)
    c = sub.add_parser("check")
    c.add_argument("run")
    c.add_argument("--tolerance", type=float, default=1e-3, help="as a share of the largest value")
    c.set_defaults(do=check)
    b = sub.add_parser("bench")
    b.add_argument("--mode", required=True, choices=["train", "infer"])
    b.add_argument("--layout", default="nchw", choices=["nchw", "channels_last"])
    b.add_argument("--compile", action="store_true")
    b.add_argument("--bf16", action="store_true")
    b.add_argument("--batch", type=int, default=8)
    b.add_argument("--steps", type=int, default=10)
    b.add_argument("--warmup", type=int, default=2)
    b.set_defaults(do=bench)
    lo = sub.add_parser("localize")
    lo.add_argument("run")
    lo.add_argument("image")
    lo.add_argument("out")
    lo.set_defaults(do=localize)
    a = p.parse_args()
    if a.threads:
        torch.set_num_threads(a.threads)
    a.do(a)


if __name__ == "__main__":
    main()

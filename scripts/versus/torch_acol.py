"""ACoL in PyTorch, with the networks that acol has, so that acol can be measured against it.

    torch_acol.py MODEL check RUN
        loads the weights that `acol bench --export RUN` wrote into the same network and fails
        unless parameters, logits, maps and loss equal those in RUN
    torch_acol.py MODEL bench --mode train …
        measures training or inference; prints images a second and peak memory as a JSON object
    torch_acol.py MODEL localize RUN IMAGE OUT.png
        draws a heat map, as `acol localize` does

MODEL stands for the flags that name the network: --arch, --depth, --kinds, --head and others.
The script needs PyTorch, and Pillow for localize. scripts/versus runs it.
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

from backbones import NETWORKS


class Head(nn.Module):
    """A branch's classifier: a 1x1 convolution gives a map of every class. With conv, two 3x3
    convolutions come before it."""

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


class ACoL(nn.Module):
    """The backbone and its complementary branches. Where a branch's map is at delta or above, the
    features are erased for the branches after it."""

    def __init__(self, a):
        super().__init__()
        self.backbone = NETWORKS[a.arch](a.depth, a.output_stride)
        self.branches = nn.ModuleList(
            Head(self.backbone.channels, a.classes, a.head == "conv") for _ in a.kinds
        )
        self.kinds, self.delta, self.avg_pool = a.kinds, a.delta, a.avg_pool

    def forward(self, x, labels, erase_by=None):
        """Gives the logits (N,K) and the normalised maps (N,h,w) of every branch.

        The maps are of the labels' classes; without labels, of the first branch's best class.
        erase_by are maps, one for each branch, by which to erase instead of the model's own."""
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
        """Sums cross-entropy for the p branches and the adversarial loss for the n branches."""
        total = 0.0
        for kind, x in zip(self.kinds, logits):
            if kind == "p":
                total = total + F.cross_entropy(x, labels)
                continue
            others = x.sum(1) - x.gather(1, labels[:, None])[:, 0]
            total = total + (x.logsumexp(1) - others / (x.shape[1] - 1)).mean()
        return total

    def load(self, tensors):
        """Loads tensors under acol's names, which are torchvision's for the backbone.

        A tensor that is missing or left over is an error, but for batch norm's counters."""
        own = {k if k.startswith("branches.") else "backbone." + k: v for k, v in tensors.items()}
        missing, unexpected = self.load_state_dict(own, strict=False)
        missing = [k for k in missing if not k.endswith("num_batches_tracked")]
        if missing or unexpected:
            sys.exit(f"other parameters than acol's: missing {missing}, unexpected {unexpected}")


def read_safetensors(path):
    """Reads the tensors of a safetensors file, all of float32, by name."""
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
        tensors[name] = torch.frombuffer(
            data, dtype=torch.float32, offset=begin, count=(end - begin) // 4
        ).reshape(t["shape"])
    return tensors


def check(a):
    """Loads acol's weights and compares parameters, logits, maps and the training loss."""
    model = ACoL(a)
    weights = read_safetensors(os.path.join(a.run, "last.safetensors"))
    want = read_safetensors(os.path.join(a.run, "bench.safetensors"))
    model.load(weights)
    mine = sum(p.numel() for p in model.parameters())
    theirs = sum(v.numel() for k, v in weights.items() if ".running_" not in k)
    if mine != theirs:
        sys.exit(f"{mine} parameters, acol has {theirs}")
    x, labels = want["image"], want["labels"].long()
    # Rounding may put a map's value that lies at the threshold on its other side. So both programs
    # erase by the same maps.
    given = [want[f"branches.{i}.maps"] for i in range(len(a.kinds))]
    worst, scores = 0.0, []

    def keep(_head, _inputs, maps):
        scores.append(maps[torch.arange(len(labels)), labels])

    hooks = [head.register_forward_hook(keep) for head in model.branches]
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
        # A map that is all but constant, as a random network may give, is rounding noise once it is
        # normalised. It is not compared.
        span = scores[i].amax((1, 2)) - scores[i].amin((1, 2))
        if (span > 1e-3 * scores[i].abs().amax((1, 2))).all():
            pairs.append((f"branches.{i}.maps", maps[i]))
    for name, got in pairs:
        off = ((got - want[name]).abs().max() / want[name].abs().max()).item()
        worst = max(worst, off)
        if not off < a.tolerance:
            sys.exit(
                f"{name} differs from acol's by {off:.2g} of its largest value, "
                f"want less than {a.tolerance}"
            )
    print(json.dumps({"parameters": mine, "largest_difference": worst}))


def bench(a):
    """Measures steps of training or inference on noise and prints what they took. On a GPU each step
    takes its images from pinned memory of the host, as a training does."""
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = a.tf32
    gpu = a.device != "cpu"
    torch.backends.cudnn.benchmark = gpu
    model = ACoL(a).to(a.device)
    x, labels = torch.randn(a.batch, 3, a.size, a.size), torch.randint(a.classes, (a.batch,))
    if a.layout == "channels_last":
        model = model.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)
    if gpu:
        x, labels = x.pin_memory(), labels.pin_memory()
    train = a.mode == "train"
    model.train(train)
    run = model
    if a.compile:
        if not train:
            import torch._inductor.config as inductor

            inductor.freezing = True  # folds batch norm
        run = torch.compile(model)
    if train:
        groups = [
            {"params": model.backbone.parameters(), "lr": 1e-9},
            {"params": model.branches.parameters(), "lr": 1e-8},
        ]
        opt = torch.optim.SGD(groups, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=True)

    def step():
        images = x.to(a.device, non_blocking=True)
        classes = labels.to(a.device, non_blocking=True)
        with torch.autocast(a.device, torch.bfloat16, enabled=a.bf16):
            logits, maps = run(images, classes)
        if not train:
            return maps[-1].sum().item()  # the maps are used
        loss = model.loss([v.float() for v in logits], classes)
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
    print(
        json.dumps(
            {
                "img_s": a.batch / statistics.median(seconds),
                "seconds": seconds,
                "peak_bytes": torch.cuda.max_memory_allocated() if gpu else peak_memory(),
                "torch": torch.__version__,
                "threads": torch.get_num_threads(),
                "isa": torch.backends.cpu.get_cpu_capability().lower(),
                "parameters": sum(p.numel() for p in model.parameters()),
            }
        )
    )


def peak_memory():
    """The peak memory of this process in bytes, or 0 where the system does not tell."""
    try:
        with open("/proc/self/status") as f:
            return next(int(line.split()[1]) << 10 for line in f if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return 0


def ramp(level, peak):
    """One colour of the jet map at a level of 0 to 255: peak 3 is red, 2 is green, 1 is blue."""
    return min(max(int(255 * (1.5 - abs(4 * level / 255 - peak))), 0), 255)


def localize(a):
    """Draws the fused map of the most likely class over an image and prints the class."""
    from PIL import Image

    model = ACoL(a).eval()
    model.load(read_safetensors(os.path.join(a.run, "last.safetensors")))
    image = Image.open(a.image).convert("RGB")
    small = image.resize((a.size, a.size), Image.BILINEAR)
    x = torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8)
    x = x.reshape(1, a.size, a.size, 3).permute(0, 3, 1, 2).float() / 255
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = (x - mean.reshape(3, 1, 1)) / std.reshape(3, 1, 1)
    with torch.inference_mode():
        logits, maps = model(x.contiguous(), None)
        fused = torch.stack(maps).amax(0)[None]
        fused = F.interpolate(fused, (image.height, image.width), mode="bilinear")[0, 0]
        best = logits[0].softmax(1).max(1)
    grey = Image.frombytes(
        "L", image.size, (fused * 255).to(torch.uint8).contiguous().numpy().tobytes()
    )
    jet = [[ramp(level, peak) for level in range(256)] for peak in (3, 2, 1)]
    heat = Image.merge("RGB", [grey.point(levels) for levels in jet])
    Image.blend(image, heat, 0.5).save(a.out)
    print(json.dumps({"class": best.indices.item(), "probability": best.values.item()}))


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
    b.add_argument("--tf32", action="store_true", help="on GPUs")
    b.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
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

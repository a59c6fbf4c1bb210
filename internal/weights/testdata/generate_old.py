"""Makes the golden files of PyTorch's two older formats, and a checkpoint as training scripts leave them.

    python3 -m venv venv && venv/bin/pip install torch numpy
    venv/bin/python generate_old.py

Made with PyTorch 2.15.0 and NumPy 2. X-legacy.pth and X-tar.pth hold the tensors of X.pth, which generate.py made. PyTorch still writes
the format of 0.1.10 to 1.5, but not the tar of the versions before: write_tar does that here, record by record as torch.save did then, and
torch.load reads it back.
"""
import argparse
import io
import pathlib
import pickle
import struct
import tarfile
from collections import OrderedDict

import numpy as np
import torch

here = pathlib.Path(__file__).parent
MAGIC_TYPES = {torch.float32: "Float", torch.float64: "Double", torch.float16: "Half", torch.int64: "Long", torch.int32: "Int",
               torch.int16: "Short", torch.int8: "Char", torch.uint8: "Byte"}


class Ref:
    """Stands for a tensor in the pickled object; parameters were pickled as objects around one."""

    def __init__(self, key):
        self.key = key


class Writer(pickle.Pickler):
    def persistent_id(self, obj):
        return obj.key if isinstance(obj, Ref) else None


def write_tar(path, state, part_of=()):
    """part_of names tensors whose storage is a part of the first storage (torch.Storage slices of then)."""
    storages, tensors, keys = {}, [], {}
    for i, (name, t) in enumerate(state.items()):
        s = t.untyped_storage()
        key = storages.setdefault(s.data_ptr(), (1000 + len(storages), t))[0]
        keys[name] = str(i)
        tensors.append((i, key, t))
    root = next(iter(storages.values()))
    out = {}
    out["sys_info"] = pickle.dumps(dict(protocol_version=1000, little_endian=True, type_sizes=dict(short=2, int=4, long=4)), 2)
    b = io.BytesIO()
    pickle.dump(len(storages), b, 2)
    for key, t in storages.values():
        pickle.dump((key, "cpu", getattr(torch, MAGIC_TYPES[t.dtype] + "Storage")), b, 2)
        whole = torch.empty(0, dtype=t.dtype).set_(t.untyped_storage(), 0, (t.untyped_storage().nbytes() // t.element_size(),), (1,))
        b.write(struct.pack("<q", whole.numel()) + whole.numpy().tobytes())
    pickle.dump([(77, root[0], 2, 4)] if part_of else [], b, 2)
    out["storages"] = b.getvalue()
    b = io.BytesIO()
    pickle.dump(len(tensors), b, 2)
    for i, key, t in tensors:
        base = 2 if state_name(state, i) in part_of else 0
        pickle.dump((i, 77 if base else key, getattr(torch, MAGIC_TYPES[t.dtype] + "Tensor")), b, 2)
        b.write(struct.pack("<i", t.dim()) + b"\x00\x00\x01\x00")  # what lay behind the number in memory
        b.write(struct.pack(f"<{t.dim()}q", *t.shape) + struct.pack(f"<{t.dim()}q", *t.stride()))
        b.write(struct.pack("<q", t.storage_offset() - base))
    out["tensors"] = b.getvalue()
    b = io.BytesIO()
    Writer(b, 2).dump(OrderedDict((name, Ref(k)) for name, k in keys.items()))
    out["pickle"] = b.getvalue()
    with tarfile.open(path, "w:", format=tarfile.PAX_FORMAT) as tar:
        for name in ("sys_info", "pickle", "tensors", "storages"):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(out[name]), 1234567890.5  # half seconds need a PAX header, as in the real files
            tar.addfile(info, io.BytesIO(out[name]))


def state_name(state, i):
    return list(state)[i]


for name in ("mixed", "views", "checkpoint"):
    obj = torch.load(here / f"{name}.pth", weights_only=True)
    torch.save(obj, here / f"{name}-legacy.pth", _use_new_zipfile_serialization=False)

views = torch.load(here / "views.pth", weights_only=True)
write_tar(here / "views-tar.pth", views)
back = torch.load(here / "views-tar.pth", weights_only=False)
assert list(back) == list(views) and all(torch.equal(back[k], views[k]) for k in views)

base = torch.arange(8.0)
parts = OrderedDict(base=base, part=base[3:5], half=torch.arange(3.0).half(), scalar=torch.tensor(7))
write_tar(here / "parts-tar.pth", parts, part_of=("part",))
back = torch.load(here / "parts-tar.pth", weights_only=False)
assert all(torch.equal(back[k], parts[k]) for k in parts), back

# A training script's checkpoint: DataParallel's prefix, the arguments, numbers of numpy, the optimiser, a learning-rate lambda's class.
torch.manual_seed(2)
net = torch.nn.DataParallel(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2)))
adam = torch.optim.Adam(net.parameters())
net(torch.ones(1, 1, 4, 4)).sum().backward()
adam.step()
torch.save({"epoch": 7, "args": argparse.Namespace(lr=0.1, arch="vgg"), "best_acc": np.float64(0.625), "hits": np.int64(-3), "seen": {1, 2},
            "rng": np.arange(3), "shape": torch.Size([1, 2]), "net": net.state_dict(), "optimizer": adam.state_dict()},
           here / "wrapped.pth")

"""Makes the golden weight files of this folder.

    python3 -m venv --system-site-packages venv && venv/bin/pip install safetensors
    venv/bin/python generate.py

Made with PyTorch 1.13.0, NumPy 1.24.2 and safetensors 0.8.0. Each X.pth has an X.safetensors with the same tensors, written by the
reference implementation from contiguous copies; mixed.float32.safetensors holds mixed's tensors as PyTorch converts them to float32.
"""
import pathlib
from collections import OrderedDict

import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent
inf, nan = float("inf"), float("nan")


def save(name, obj, state=None):
    torch.save(obj, here / f"{name}.pth")
    state = obj if state is None else state
    save_file({k: v.detach().clone().contiguous() for k, v in state.items()}, here / f"{name}.safetensors")


# Every dtype, with the ends of its range, subnormals, Inf and NaN.
floats = [0.0, -0.0, 1.0, -2.5, 0.1, 1e-7, 6e-8, -5.9604645e-08, 6.1e-5, 65504.0, 1e5, 3e38, 1e-40, inf, -inf, nan]
mixed = OrderedDict()
for name, dtype in [("f64", torch.float64), ("f32", torch.float32), ("f16", torch.float16), ("bf16", torch.bfloat16)]:
    mixed[name] = torch.tensor(floats, dtype=torch.float64).to(dtype).reshape(2, 8)
for name, dtype in [("i64", torch.int64), ("i32", torch.int32), ("i16", torch.int16), ("i8", torch.int8), ("u8", torch.uint8)]:
    i = torch.iinfo(dtype)
    mixed[name] = torch.tensor([i.min, 0, 1, 100, i.max], dtype=dtype)
mixed["bool"] = torch.tensor([True, False, True])
mixed["scalar"] = torch.tensor(7)
mixed["empty"] = torch.zeros(0, 3)
mixed["parameter"] = torch.nn.Parameter(torch.arange(4.0))
save("mixed", mixed)
save_file({k: v.detach().float() for k, v in mixed.items()}, here / "mixed.float32.safetensors")

# Views: transposed, sliced, strided, expanded, two of one storage.
base = torch.arange(24.0).reshape(2, 3, 4)
views = OrderedDict(
    base=base, transposed=base.transpose(0, 2), permuted=base.permute(1, 0, 2), row=base[1, 2], column=base[:, 1, 3], strided=base[:, ::2, 1::2],
    expanded=torch.tensor([[1.0], [2.0]]).expand(2, 5), repeated=torch.tensor(3.0).expand(2, 2),
    channels_last=torch.arange(48.0).reshape(2, 3, 2, 4).to(memory_format=torch.channels_last), nothing=base[:, 3:])
save("views", views)

# A checkpoint of a module, with its optimiser.
torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
sgd = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
model(torch.ones(1, 1, 4, 4)).sum().backward()
sgd.step()
save("checkpoint", {"epoch": 3, "arch": "tiny", "best": 0.5, "seed": 2**64 - 1, "done": False, "state_dict": model.state_dict(),
                    "optimizer": sgd.state_dict()}, model.state_dict())

# What the reference writes: names that need escapes, one metadata entry (it writes several in no fixed order).
save_file({'quo"te\\': torch.ones(1), "tab\t\x01\x7f": torch.zeros(2), "<é&\u2603>": torch.ones(1, dtype=torch.int8), "b": torch.ones(2, 1).half(),
           "a": torch.ones(1).bfloat16(), "z": torch.ones(1, dtype=torch.int64)}, here / "names.safetensors", metadata={"format": "pt"})

"""Writes newer.pth and newer-legacy.pth: tensors of types without a class of storage of their own.

Made with PyTorch 2: python3 generate_newer.py
"""
import torch

state = {
    "conv.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
    "steps": torch.tensor([1, 65535], dtype=torch.uint16),
    "scale": torch.ones(2, 2).to(torch.float8_e4m3fn),
    "seed": torch.tensor(2**63, dtype=torch.uint64),
    "wave": torch.zeros(3, dtype=torch.complex64),
    "conv.bias": torch.tensor([0.5, -1.5]),
}
torch.save({"state_dict": state, "epoch": 3}, "newer.pth")
del state["wave"]  # whose storage the legacy format cannot measure without its type
torch.save(state, "newer-legacy.pth", _use_new_zipfile_serialization=False)

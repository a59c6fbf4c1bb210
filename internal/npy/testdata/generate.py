"""Makes the golden .npy files of this folder with NumPy 1.24.2: python3 generate.py"""
import pathlib

import numpy as np

here = pathlib.Path(__file__).parent

# Every dtype, byte order and memory order with the same numbers: ORDER_TYPE holds 0 to 5 in two rows (bool: odd or not).
for dtype in ["<f8", ">f8", "<f4", ">f4", "<f2", ">f2", "<i8", ">i8", "<i4", ">i4", "|u1", "|b1"]:
    values = np.arange(6)
    a = (values % 2 if dtype == "|b1" else values).reshape(2, 3).astype(dtype)
    name = dtype.replace("<", "little-").replace(">", "big-").replace("|", "")
    np.save(here / f"c-{name}.npy", a)
    np.save(here / f"fortran-{name}.npy", np.asfortranarray(a))

np.save(here / "fortran-3d.npy", np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)))
np.save(here / "special-f2.npy", np.array([0.0, -0.0, 1, -2.5, 0.1, 6e-8, -6.1e-5, 65504, np.inf, -np.inf, np.nan], np.float16))

# What the writer must give byte for byte: -1.5, -0.5, 0.5 ... in several shapes (the last fills its 128 bytes).
for i, shape in enumerate([(), (0,), (1,), (7,), (2, 3), (2, 0, 3), (12, 3, 2), (100000, 0), (1, 2, 3, 4, 1),
                           (0, 12, 12) + 11 * (1,)]):
    for dtype in ["f4", "f8"]:
        np.save(here / f"write{i}-{dtype}.npy", (np.arange(np.prod(shape, dtype=int)) - 1.5).reshape(shape).astype(dtype))

for version in [(2, 0), (3, 0)]:
    with open(here / f"version{version[0]}.npy", "wb") as f:
        np.lib.format.write_array(f, np.arange(6, dtype=np.float32).reshape(2, 3), version=version)

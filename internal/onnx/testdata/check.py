"""Runs exported models in ONNX Runtime and compares every output with acol's own.

    python3 -m venv venv && venv/bin/pip install onnx onnxruntime safetensors
    mkdir onnx && ACOL_ONNX_OUT=$PWD/onnx go test ./internal/onnx -run WriteForONNXRuntime && venv/bin/python internal/onnx/testdata/check.py onnx

Last run with onnx 1.23.2 and ONNX Runtime 1.32.0: every output within 1e-4 of its largest value (or of 1), the class equal.
"""
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

worst = 0
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    want = load_file(path.with_suffix(".safetensors"))
    feed = {"image": want["image"]}
    if any(i.name == "label" for i in model.graph.input):
        feed["label"] = want["class"].astype(np.int64)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    got = dict(zip([o.name for o in session.get_outputs()], session.run(None, feed)))
    assert set(got) == set(want) - {"image"}, (set(got), set(want))
    for name, v in got.items():
        assert v.shape == want[name].shape, (path.name, name, v.shape, want[name].shape)
        error = np.abs(v.astype(np.float64) - want[name]).max() / max(1, np.abs(want[name]).max())
        worst = max(worst, error)
        assert error <= (0 if name == "class" else 1e-4), (path.name, name, error)
    fixed = "batch0" not in path.name
    dims = model.graph.input[0].type.tensor_type.shape.dim
    assert (dims[0].dim_value == 2) if fixed else dims[0].dim_param == "batch"
    print(path.name, {p.key: p.value for p in model.metadata_props}, "ok")
print("largest difference", worst)

#!/usr/bin/env python3
"""Reads golden.tfevents by TensorBoard's own code, and writes what that finds as golden.json.

    pip install tensorboard==2.21.0 setuptools
    go test ./internal/tensorboard -run Golden -update   # writes golden.tfevents
    python3 read.py
"""
import json
import pathlib

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.plugins.hparams import metadata

here = pathlib.Path(__file__).parent
names = ("scalars", "images", "tensors", "compressedHistograms", "histograms", "audio")
found = event_accumulator.EventAccumulator(
    str(here / "golden.tfevents"), size_guidance={name: 0 for name in names})
found.Reload()
settings = found.SummaryMetadata("_hparams_/session_start_info").plugin_data
start = metadata.parse_session_start_info_plugin_data(settings.content)
text = found.SummaryMetadata("recipe").plugin_data.plugin_name
json.dump({
    "scalars": {tag: [[e.wall_time, e.step, e.value] for e in found.Scalars(tag)]
                for tag in found.Tags()["scalars"]},
    "images": {tag: [[e.step, e.width, e.height, len(e.encoded_image_string)]
                     for e in found.Images(tag)] for tag in found.Tags()["images"]},
    "texts": {text: [[e.step, e.tensor_proto.string_val[0].decode()]
                     for e in found.Tensors("recipe")]},
    "settings": {key: getattr(value, value.WhichOneof("kind"))
                 for key, value in start.hparams.items()},
}, open(here / "golden.json", "w"), indent=1, sort_keys=True)

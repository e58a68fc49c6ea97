"""Writes test/golden/torchvision.json: what the state_dict of each of torchvision's networks has, as a digest.

The digest is of the lines "name type shape", sorted. Argument: the folder to write to. Needs torchvision, made for that of PyTorch
(names-requirements.txt).
"""

import hashlib
import json
import pathlib
import sys

import torch
import torchvision

VARIANTS = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "densenet121", "densenet161", "densenet169", "densenet201"]
TYPES = {torch.float32: "F32", torch.int64: "I64"}


def describe(variant):
    with torch.device("meta"):  # shapes without numbers
        state = torchvision.models.get_model(variant).state_dict()
    lines = sorted(f"{name} {TYPES[value.dtype]} {list(value.shape)}" for name, value in state.items())
    return {"tensors": len(lines), "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest()}


written = {"torchvision": torchvision.__version__.split("+")[0], "classes": 1000, "channels": 3, "networks": {name: describe(name) for name in VARIANTS}}
path = pathlib.Path(sys.argv[1]) / "torchvision.json"
path.write_text(json.dumps(written, indent=1) + "\n")

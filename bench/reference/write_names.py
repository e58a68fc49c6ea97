"""Writes test/golden/torchvision.json: a digest of the state_dict of each of torchvision's networks.

The digest covers the sorted lines "name type shape". Argument: the folder to write to. Needs the torchvision release for the
installed PyTorch (names-requirements.txt).
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

"""Loads a weights.safetensors of the service into the tutorial's PyTorch modules, strictly, and prints logits for the formula's images.

Arguments: the file, and the size to which images are resized (96). The format is read by hand, as a check of the writer.
"""

import json
import struct
import sys

import torch

from formula import images
from networks import NETWORKS

TYPES = {"F32": torch.float32, "I64": torch.int64}


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    state, covered = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        start, end = entry["data_offsets"]
        assert start == covered, f"{name} begins at {start}, not at {covered}"
        state[name] = torch.frombuffer(data[start:end], dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
        covered = end
    assert covered == len(data), f"{len(data) - covered} bytes belong to no tensor"
    return state


if __name__ == "__main__":
    state = read(sys.argv[1])
    resize = int(sys.argv[2]) if len(sys.argv) > 2 else 96
    network = "resnet" if any(name.startswith("resnet_block") for name in state) else "densenet"
    net = NETWORKS[network](len(state["fc.1.bias"]))
    net.load_state_dict(state, strict=True)
    net.eval()
    print(f"{network}: {sum(p.numel() for p in net.parameters()):,} parameters, all names and shapes fit")
    with torch.no_grad():
        for row in net(images(0, 4, resize, torch.float32)).tolist():
            print(" ".join(f"{value:.6f}" for value in row))

"""Loads a weights.safetensors of the service strictly into the matching PyTorch modules, and prints logits for the formula's images.

Arguments: the file, and the size to which images are resized (default 96). Parses the format itself, to check the writer.
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
        assert start == covered, f"{name} begins at byte {start}, must begin at {covered}"
        state[name] = torch.frombuffer(data[start:end], dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
        covered = end
    assert covered == len(data), f"{len(data) - covered} bytes belong to no tensor"
    return state


def classes_of(state):
    return len(next(state[name] for name in ("fc.1.bias", "fc.bias", "classifier.bias") if name in state))


def network_of(state):
    """Returns the network with these names and shapes. Only networks with a variant's default options are known."""
    shapes = {name: value.shape for name, value in state.items()}
    for network, create in NETWORKS.items():
        with torch.device("meta"):  # shapes without numbers
            net = create(classes_of(state))
        if {name: value.shape for name, value in net.state_dict().items()} == shapes:
            return network
    sys.exit(f"These {len(state)} tensors match no known network: {', '.join(NETWORKS)}.")


if __name__ == "__main__":
    state = read(sys.argv[1])
    resize = int(sys.argv[2]) if len(sys.argv) > 2 else 96
    network = network_of(state)
    net = NETWORKS[network](classes_of(state))
    net.load_state_dict(state, strict=True)
    net.eval()
    print(f"{network}: {sum(p.numel() for p in net.parameters()):,} parameters, all names and shapes fit")
    with torch.no_grad():
        for row in net(images(0, 4, resize, torch.float32)).tolist():
            print(" ".join(f"{value:.6f}" for value in row))

"""PyTorch loads exported weights into its own modules, strictly, and scores Fashion-MNIST's test images: prints the accuracy,
the mean loss and the counters of BatchNorm as JSON.

Arguments: the network's name in bench/reference/networks.py, the file, the size to which images are resized, the folder of the
data set.
"""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from networks import NETWORKS
from safetensors.torch import load_file

network, path, resize, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), pathlib.Path(sys.argv[4])
state = load_file(path)
net = NETWORKS[network]()
net.load_state_dict(state, strict=True)
net.eval()


def read(name: str, header: int) -> torch.Tensor:
    return torch.from_numpy(np.fromfile(folder / name, np.uint8)[header:].copy())


images = read("t10k-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
labels = read("t10k-labels-idx1-ubyte", 8).long()
with torch.inference_mode():
    logits = torch.cat(
        [
            net(F.interpolate(part.float() / 255, size=(resize, resize), mode="bilinear", align_corners=False))
            for part in images.split(500)
        ]
    )
print(
    json.dumps(
        {
            "accuracy": (logits.argmax(1) == labels).double().mean().item(),
            "loss": F.cross_entropy(logits.double(), labels).item(),
            "steps": sorted({value.item() for name, value in state.items() if name.endswith("num_batches_tracked")}),
        }
    )
)

"""PyTorch makes a network and saves its weights: prints the logits that it answers for the given pixels as JSON.

The weights are PyTorch's first ones, those of the last layer larger so that classes differ, and BatchNorm's running values those of
a few batches. Argument: JSON of {network, classes,
path, pixels, shape, resize, mean, std}.
"""
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F
from networks import NETWORKS
from safetensors.torch import save_file

asked = json.loads(sys.argv[1])
torch.manual_seed(0)
height, width, channels = asked["shape"][1:]
net = NETWORKS[asked["network"]](classes=asked["classes"], channels=channels)
pixels = torch.from_numpy(np.fromfile(asked["pixels"], np.uint8).reshape(asked["shape"])).permute(0, 3, 1, 2).float()
size = (asked["resize"], asked["resize"])
x = F.interpolate(pixels, size=size, mode="bilinear", align_corners=False) / 255
x = (x - torch.tensor(asked["mean"])[:, None, None]) / torch.tensor(asked["std"])[:, None, None]
with torch.inference_mode():
    for _ in range(5):
        net(x)
    [layer for layer in net.modules() if isinstance(layer, torch.nn.Linear)][-1].weight.mul_(20)
    net.eval()
    logits = net(x)
save_file(net.state_dict(), asked["path"])
print(json.dumps({"logits": logits.flatten().tolist(), "parameters": sum(p.numel() for p in net.parameters())}))

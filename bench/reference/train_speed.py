"""Training speed of PyTorch: one measurement in a process of its own. Prints one line of JSON.

The batch is a resized float tensor that lies in memory already, so nothing is measured but the step: this favours PyTorch
over the service, whose step also decodes and resizes its bytes.
"""

import argparse
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F

from formula import images, labels
from networks import NETWORKS

# A slow machine or layout stops early: as bench/support/trainer.js does.
ENOUGH_SECONDS = 12
LEAST_STEPS = 3

parser = argparse.ArgumentParser()
parser.add_argument("--network", choices=NETWORKS, required=True)
parser.add_argument("--resize", type=int, required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--layout", choices=["contiguous_format", "channels_last"], required=True)
parser.add_argument("--warm-up", type=int, required=True)
parser.add_argument("--steps", type=int, required=True)
options = parser.parse_args()

torch.manual_seed(0)
layout = getattr(torch, options.layout)
net = NETWORKS[options.network]().train().to(memory_format=layout)
optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
x = images(0, options.batch, options.resize, torch.float32).contiguous(memory_format=layout)
y = labels(0, options.batch)

seconds = []
while len(seconds) < options.warm_up + options.steps:
    if len(seconds) >= options.warm_up + LEAST_STEPS and sum(seconds[options.warm_up :]) > ENOUGH_SECONDS:
        break
    start = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    loss.item()
    seconds.append(time.perf_counter() - start)

print(
    json.dumps(
        {
            "stepSeconds": seconds[options.warm_up :],
            "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            "version": torch.__version__,
        }
    )
)

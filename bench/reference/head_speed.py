"""Measures how fast PyTorch trains the head of a frozen network, once. Prints one line of JSON.

The backbone is in evaluation mode. `--frozen requires_grad` sets requires_grad=False on its parameters; `--frozen no_grad` also computes its
features under torch.no_grad(). As in train_speed.py, the batch is a resized float tensor in memory.
"""

import contextlib

import torch
import torch.nn.functional as F
from torch import nn

from formula import images, labels
from measurement import build, print_result, read_options, time_steps

options = read_options(frozen=["requires_grad", "no_grad"])
layout = getattr(torch, options.layout)
net = build(options.network, options.parameters).eval().requires_grad_(False).to(memory_format=layout)
name = "fc" if hasattr(net, "fc") else "classifier"
head = getattr(net, name).requires_grad_(True).train()
setattr(net, name, nn.Identity())
optimizer = torch.optim.Adam(head.parameters(), lr=0.001)
x = images(0, options.batch, options.resize, torch.float32).contiguous(memory_format=layout)
y = labels(0, options.batch)


def step():
    optimizer.zero_grad(set_to_none=True)
    with torch.no_grad() if options.frozen == "no_grad" else contextlib.nullcontext():
        features = net(x)
    loss = F.cross_entropy(head(features), y)
    loss.backward()
    optimizer.step()
    loss.item()


print_result(time_steps(step, options.warm_up, options.steps))

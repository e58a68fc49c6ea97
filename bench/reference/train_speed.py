"""Measures the training speed of PyTorch once. Prints one line of JSON.

The batch is a resized float tensor in memory, so that only the step is measured. This favours PyTorch: the service's step also
decodes and resizes its bytes. bfloat16 is PyTorch's autocast. On a GPU cuDNN tries its
algorithms and keeps the fastest, and convolutions use TensorFloat-32, as they do in TensorFlow.
"""

import torch
import torch.nn.functional as F

from formula import images, labels
from measurement import build, print_result, read_options, time_steps

options = read_options()
layout, device = getattr(torch, options.layout), options.device
torch.backends.cudnn.benchmark = True
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
net = build(options.network, options.parameters).train().to(device, memory_format=layout)
optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
x = images(0, options.batch, options.resize, torch.float32).to(device).contiguous(memory_format=layout)
y = labels(0, options.batch).to(device)


def step():
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast(device, torch.bfloat16, enabled=options.precision == "bfloat16"):
        loss = F.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    loss.item()


print_result(time_steps(step, options.warm_up, options.steps))

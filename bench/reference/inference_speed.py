"""Measures the inference speed of PyTorch once. Prints one line of JSON.

The batch is a resized tensor in memory. In bfloat16 the whole network and the batch have that type, so that the measured time
includes no casts; autocast would cast the weights.
"""

import torch

from formula import images
from measurement import build, print_result, read_options, time_steps

options = read_options()
layout, dtype = getattr(torch, options.layout), getattr(torch, options.precision)
net = build(options.network, options.parameters).eval().to(dtype=dtype, memory_format=layout)
x = images(0, options.batch, options.resize, torch.float32).to(dtype=dtype, memory_format=layout)

with torch.inference_mode():
    print_result(time_steps(lambda: net(x), options.warm_up, options.steps))

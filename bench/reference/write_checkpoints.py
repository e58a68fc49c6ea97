"""Writes test/golden/pytorch/*.pth: small files of torch.save in both formats, with values that are closed formulas.

Argument: the folder test/golden.
"""

import argparse
import collections
import pathlib
import sys

import numpy
import torch


def counted(*shape, dtype=torch.float32):
    """Tensor whose element i, in row-major order, is i / 4."""
    return (torch.arange(torch.Size(shape).numel(), dtype=torch.float64) / 4).reshape(shape).to(dtype)


ten = counted(10)
state = collections.OrderedDict(
    f32=counted(2, 3, 4),
    f16=counted(6, dtype=torch.float16),
    bf16=counted(6, dtype=torch.bfloat16),
    f64=counted(6, dtype=torch.float64),
    i64=torch.tensor(7),
    scalar=torch.tensor(2.5),
    empty=torch.zeros(0, 3),
    channels_last=counted(2, 3, 4, 5).to(memory_format=torch.channels_last),
    transposed=counted(2, 3).t(),
    slice=ten[3:7],
    every_third=ten[::3],
    expanded=torch.tensor([5.0]).expand(2, 3),
    parameter=torch.nn.Parameter(counted(4)),
)
state._metadata = collections.OrderedDict({"": {"version": 1}})

net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
optimizer = torch.optim.Adam(net.parameters())
net(counted(4, 3)).sum().backward()
optimizer.step()
checkpoint = {
    "epoch": 3,
    "arch": "resnet18",
    "args": argparse.Namespace(lr=0.1, path=pathlib.PosixPath("/data")),
    "best": numpy.float64(0.75),
    "optimizer": optimizer.state_dict(),
    "state_dict": {"module.0.weight": counted(2, 3), "module.0.bias": counted(2)},
    "model_ema": {"0.weight": torch.zeros(2, 3)},
    "sizes": torch.Size([2, 3]),
    "device": torch.device("cpu"),
    "classes": {"a", "b"},
}

folder = pathlib.Path(sys.argv[1]) / "pytorch"
folder.mkdir(exist_ok=True)
torch.save(state, folder / "zip.pth")
torch.save(state, folder / "legacy.pth", _use_new_zipfile_serialization=False)
torch.save(state, folder / "protocol4.pth", pickle_protocol=4)
torch.save(checkpoint, folder / "checkpoint.pth")
torch.save(checkpoint, folder / "legacy-checkpoint.pth", _use_new_zipfile_serialization=False)
torch.save(net, folder / "module.pth")

"""Weights, images and labels as closed formulas of name and index, so that nothing large is stored. Same as test/support/formula.ts."""

import zlib

import numpy as np
import torch
import torch.nn.functional as F

SIDE = 28
CLASSES = 10


def noise(name, count):
    """Returns `count` numbers in [-1, 1): the fraction of 43758.5453 * sin(12.9898 * i + phase), the phase a whole number from the name."""
    phase = zlib.crc32(name.encode()) % 1000
    waves = np.sin(12.9898 * np.arange(count, dtype=np.float64) + phase) * 43758.5453
    return 2 * (waves - np.floor(waves)) - 1


def parameter(name, shape, normalizes):
    """Returns a weight or running value in PyTorch's order of elements. `normalizes`: it belongs to a BatchNorm.

    A BatchNorm's bias is about 2.5 or -2.5, so that few inputs of the next ReLU are close to 0. There the gradient jumps, and
    rounding would make two correct implementations differ.
    """
    count = int(np.prod(shape))
    values = noise(name, count)
    kind = name.rsplit(".", 1)[1]
    if len(shape) > 1:
        values = values * np.sqrt(3.0 / (count // shape[0]))  # variance 1 / fan in
    elif kind == "weight":
        values = 1 + 0.2 * values
    elif kind == "running_var":
        values = 1 + 0.5 * values
    elif kind == "bias" and normalizes:
        values = np.where(values < 0, -2.5, 2.5) + 0.1 * values
    else:  # another bias, running_mean
        values = 0.1 * values
    return torch.from_numpy(values.astype(np.float32)).reshape(shape)


def set_parameters(net):
    """Writes the formula's numbers into every parameter and running value of a module."""
    state = net.state_dict()
    filled = {}
    for name, value in state.items():
        normalizes = name.rsplit(".", 1)[0] + ".running_mean" in state
        counts = name.endswith("num_batches_tracked")
        filled[name] = value if counts else parameter(name, tuple(value.shape), normalizes)
    net.load_state_dict(filled)
    return net


def labels(start, count):
    return torch.arange(start, start + count) % CLASSES


def image_bytes(start, count):
    """Returns `count` images from number `start` on, as bytes count x 28 x 28: noise of 0 to 127, plus 12 times the label."""
    size = SIDE * SIDE
    i = np.arange(start * size, (start + count) * size, dtype=np.uint64)
    mask = np.uint64(0xFFFFFFFF)
    x = i * np.uint64(0x9E3779B1) & mask
    x = (x ^ x >> np.uint64(15)) * np.uint64(0x85EBCA77) & mask
    label = i // np.uint64(size) % np.uint64(CLASSES)
    return (x >> np.uint64(25)) + np.uint64(12) * label


def images(start, count, resize, dtype):
    """Returns the tutorial's input: bytes / 255, resized by half-pixel bilinear interpolation: count x 1 x resize x resize."""
    pixels = torch.from_numpy(image_bytes(start, count).astype(np.float64)).to(dtype).reshape(count, 1, SIDE, SIDE)
    return F.interpolate(pixels, size=(resize, resize), mode="bilinear", align_corners=False) / 255

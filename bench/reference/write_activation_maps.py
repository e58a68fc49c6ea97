"""Writes activation-maps.json: class activation maps in PyTorch. Argument: the folder to write to.

A map has, per position, the sum over the channels of weight x feature (Zhou et al. 2016, arXiv:1512.04150, equation 2). It is computed
from that definition, and compared with what autograd says of the same network: feature x gradient of the logit, times the number of
positions (Selvaraju et al. 2017, arXiv:1610.02391, section 3.1), which needs no knowledge of the last layer.
"""

import pathlib
import sys

import torch
from torch import nn

from formula import images
from write_goldens import build, named, write

# Network, size. The sizes give maps of several rows.
CASES = [("resnet", 160), ("densenet", 160), ("resnet50", 96), ("densenet121", 96)]
# The class of each image whose map is computed.
TARGETS = [3, 7]


def with_features(net, inputs):
    """Returns the logits, and the last tensor with positions: it is the input of the global average pool."""
    kept = []
    handles = [module.register_forward_hook(lambda _, __, output: kept.append(output)) for module in net.modules()]
    logits = net(inputs)
    for handle in handles:
        handle.remove()
    features = [output for output in kept if output.dim() == 4 and output.shape[2:] != (1, 1)][-1]
    # torchvision's DenseNet has its last ReLU outside of any module.
    return logits, features.relu() if hasattr(net, "features") else features


def linear_layer(net):
    return [module for module in net.modules() if isinstance(module, nn.Linear)][-1]


def maps(network, resize, dtype):
    net = build(network, dtype).eval()
    logits, features = with_features(net, images(0, len(TARGETS), resize, dtype))
    layer = linear_layer(net)
    weights = layer.weight[TARGETS]
    result = torch.einsum("nk,nkhw->nhw", weights, features).detach()
    means = result.mean((1, 2)) + layer.bias[TARGETS]
    chosen = logits[range(len(TARGETS)), TARGETS].detach()
    assert torch.allclose(means.detach(), chosen, rtol=1e-4), "The mean of a map plus the bias is the logit."
    return result, layer.bias[TARGETS].detach(), chosen


def by_autograd(network, resize):
    """Returns the maps by the gradients of the logits, in double precision."""
    net = build(network, torch.float64).eval()
    logits, features = with_features(net, images(0, len(TARGETS), resize, torch.float64))
    if hasattr(net, "features"):
        pooled = features.mean((2, 3))
        logits = net.classifier(pooled)
    gradient = torch.autograd.grad(logits[range(len(TARGETS)), TARGETS].sum(), features)[0]
    return (gradient * features).sum(1).detach() * features.shape[2] * features.shape[3]


def case(network, resize):
    values, biases, logits = maps(network, resize, torch.float64)
    single, _, _ = maps(network, resize, torch.float32)
    assert torch.allclose(values, by_autograd(network, resize), rtol=1e-9), "The definition agrees with autograd."
    return {
        **named(network),
        "resize": resize,
        "height": values.shape[1],
        "width": values.shape[2],
        "targets": TARGETS,
        "biases": biases.tolist(),
        "logits": logits.tolist(),
        "float32Deviation": float((values - single).abs().max()),
        "values": values.flatten(1).tolist(),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    cases = {f"{network}-{resize}": case(network, resize) for network, resize in CASES}
    write(pathlib.Path(sys.argv[1]), "activation-maps", cases)

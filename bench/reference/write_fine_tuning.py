"""Writes fine-tuning.json: PyTorch's gradients and losses with frozen layers, BatchNorm in evaluation mode and learning rates by depth.

Argument: the folder to write to. Computed in double precision, like the other goldens.
"""

import pathlib
import sys

import torch
import torch.nn.functional as F

from formula import images, labels
from write_goldens import DECAY, build, named, sample, write

STEPS = 10
HEAD_RATE, LAYER_DECAY = 10.0, 0.5
# For each network: image size, batch size, and the layer prefixes of each depth, beginning with the head at depth 0.
CASES = {
    "resnet18": (64, 4, [["fc"], ["layer4"], ["layer3"], ["layer2"], ["layer1"], ["conv1", "bn1"]], ["layer2"]),
    "densenet": (
        64,
        6,
        [
            ["fc"],
            ["DenseBlosk_3", "BN"],
            ["DenseBlosk_2", "transition_block_2"],
            ["DenseBlosk_1", "transition_block_1"],
            ["DenseBlosk_0", "transition_block_0"],
            ["0", "1"],
        ],
        ["transition_block_1"],
    ),
}


def freeze(net, until):
    """Freezes the children of a net up to the one named `until`, or up to the head: evaluation mode, no gradients."""
    for name, child in net.named_children():
        if until == "backbone" and name == "fc":
            return net
        child.eval().requires_grad_(False)
        if name == until:
            return net
    raise ValueError(until)


def freeze_statistics(net):
    """Puts every BatchNorm into evaluation mode; its weight and bias still have gradients."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
    return net


def prepared(network, until=None, batch_norm="trained"):
    net = build(network, torch.float64).train()
    if until is not None:
        freeze(net, until)
    return freeze_statistics(net) if batch_norm == "frozen" else net


def differentiate(network, resize, batch, **options):
    net = prepared(network, **options)
    loss = F.cross_entropy(net(images(0, batch, resize, torch.float64)), labels(0, batch))
    loss.backward()
    found = {name: sample(parameter.grad) for name, parameter in net.named_parameters() if parameter.grad is not None}
    return {"freeze": options.get("until"), "batchNorm": options.get("batch_norm", "trained"), "loss": float(loss.detach()), "gradients": found}


def depth_of(name, depths):
    return next(depth for depth, prefixes in enumerate(depths) if any(name.startswith(f"{prefix}.") for prefix in prefixes))


def groups(net, depths, rate):
    """Returns a parameter group for each depth: the head at HEAD_RATE times the rate, the others at LAYER_DECAY ** depth times it."""
    factors = [HEAD_RATE, *(LAYER_DECAY**depth for depth in range(1, len(depths)))]
    chosen = [[p for name, p in net.named_parameters() if p.requires_grad and depth_of(name, depths) == depth] for depth in range(len(depths))]
    return [{"params": params, "lr": rate * factor} for params, factor in zip(chosen, factors) if params]


OPTIMIZERS = {
    "adam": (3e-6, lambda groups: torch.optim.Adam(groups)),
    "adamw": (3e-6, lambda groups: torch.optim.AdamW(groups, weight_decay=DECAY)),
    "sgd": (1e-5, lambda groups: torch.optim.SGD(groups, lr=1, momentum=0.9)),
}


def curve(network, resize, batch, depths, optimizer, **options):
    net = prepared(network, **options)
    rate, create = OPTIMIZERS[optimizer]
    update = create(groups(net, depths, rate))
    watched = {}  # the first kernel of each depth
    for name, parameter in net.named_parameters():
        if parameter.dim() > 1:
            watched.setdefault(depth_of(name, depths), (name, parameter, parameter.detach().clone()))
    losses = []
    for step in range(STEPS):
        update.zero_grad()
        loss = F.cross_entropy(net(images(step * batch, batch, resize, torch.float64)), labels(step * batch, batch))
        loss.backward()
        update.step()
        losses.append(float(loss.detach()))
    return {
        "optimizer": optimizer,
        "learningRate": rate,
        **({"weightDecay": DECAY} if optimizer == "adamw" else {}),
        "freeze": options.get("until"),
        "batchNorm": options.get("batch_norm", "trained"),
        "losses": losses,
        "changes": {name: sample(parameter - before) for name, parameter, before in watched.values()},
    }


def golden(network):
    resize, batch, depths, borders = CASES[network]
    choices = [{"batch_norm": "frozen"}, {"until": "backbone"}, *({"until": border} for border in borders), {"until": borders[0], "batch_norm": "frozen"}]
    curves = [curve(network, resize, batch, depths, optimizer) for optimizer in OPTIMIZERS]
    curves += [curve(network, resize, batch, depths, "sgd", until=borders[0]), curve(network, resize, batch, depths, "adamw", batch_norm="frozen")]
    return {
        **named(network),
        "resize": resize,
        "batch": batch,
        "headRate": HEAD_RATE,
        "layerDecay": LAYER_DECAY,
        "choices": [differentiate(network, resize, batch, **options) for options in choices],
        "curves": curves,
    }


if __name__ == "__main__":
    torch.set_num_threads(1)  # the same results on any number of cores
    for network in CASES:
        write(pathlib.Path(sys.argv[1]), f"fine-tuning-{network}", golden(network))

"""Writes test/golden/*.json: PyTorch's results for the formula's weights and images. Argument: the folder to write to.

PyTorch computes in double precision here, so that rounding does not affect the results. `float32Deviation` is the error of
PyTorch's single precision; compare tolerances with it.
"""

import json
import pathlib
import platform
import sys

import torch
import torch.nn.functional as F

from formula import CLASSES, images, labels, set_parameters
from networks import NETWORKS

COMMAND = "npm run reference"
# Network, size, batch. The tutorial's two, then one of each family of the papers.
CASES = [("resnet", 64, 5), ("resnet", 96, 3), ("densenet", 64, 6), ("densenet", 96, 4)]
CASES += [("resnet50", 45, 5), ("resnet50", 64, 4), ("densenet121", 64, 4), ("densenet121", 69, 2)]
# Odd sizes make padding and pooling asymmetric. Their last layers are 1 x 1, where BatchNorm magnifies rounding in training, so
# that only the logits are compared.
LOGITS_ONLY = [("resnet", 28, 4), ("densenet", 37, 4), ("resnet18", 45, 4)]
# Largest relative error of a gradient in single precision. With four images of 45 pixels, ResNet-50 has an error of 1 %: the rounding of a
# processor decides whether a ReLU passes its gradient on.
MOST_ROUNDING = 1e-4
STEPS = 20
STATISTICS_AFTER = 3
# Small rates: at 0.001 PyTorch's single and double precision differ by 10 % within 20 steps from these weights. At these rates
# the losses of any two optimizers still differ by more than the tolerance of 0.1 %. The large decay makes AdamW's losses differ
# from Adam's.
ADAM_RATE, SGD_RATE, DECAY = 3e-6, 1e-5, 100.0
OPTIMIZERS = {
    "adam": (ADAM_RATE, lambda net, rate: torch.optim.Adam(net.parameters(), lr=rate)),
    "adamw": (ADAM_RATE, lambda net, rate: torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=DECAY)),
    "adamw-selective": (ADAM_RATE, lambda net, rate: torch.optim.AdamW(groups(net), lr=rate, weight_decay=DECAY)),
    "sgd": (SGD_RATE, lambda net, rate: torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9)),
    "nesterov": (SGD_RATE, lambda net, rate: torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9, nesterov=True)),
}


# Optimizers for the papers' networks, whose steps take longer.
FEWER = ("adam", "adamw", "sgd")


def excluded(net):
    """Returns the names of biases and BatchNorm weights, which usually do not decay: all parameters with one dimension."""
    return [name for name, parameter in net.named_parameters() if parameter.dim() == 1]


def groups(net):
    """Splits the parameters of a net into a group with weight decay and a group without."""
    names = excluded(net)
    parameters = dict(net.named_parameters())
    decaying = [parameter for name, parameter in parameters.items() if name not in names]
    return [{"params": decaying}, {"params": [parameters[name] for name in names], "weight_decay": 0.0}]


def build(network, dtype):
    return set_parameters(NETWORKS[network](CLASSES)).to(dtype)


def named(network):
    """Returns the service's name and variant for a key of NETWORKS."""
    family = network.rstrip("0123456789")
    return {"network": family, "variant": "tutorial" if family == network else network}


def sample(values):
    """Returns the L2 norm, the sum, and four elements in PyTorch's order: the first, the one after a third, the last and the largest."""
    flat = values.detach().double().flatten()
    places = sorted({0, len(flat) // 3, len(flat) - 1, int(flat.abs().argmax())})
    return {"norm": float(flat.norm()), "sum": float(flat.sum()), "at": places, "values": [float(flat[i]) for i in places]}


def evaluate(network, resize, batch, dtype):
    net = build(network, dtype).eval()
    with torch.no_grad():
        return net(images(0, batch, resize, dtype)).double()


def margin(network, resize, batch):
    """Returns the smallest absolute input of any ReLU in training mode. It must be far larger than single-precision rounding."""
    relu, distances = F.relu, []
    F.relu = lambda x, inplace=False: (distances.append(float(x.detach().abs().min())), relu(x))[1]
    try:
        with torch.no_grad():
            build(network, torch.float64).train()(images(0, batch, resize, torch.float64))
    finally:
        F.relu = relu
    return min(distances)


def differentiate(network, resize, batch, dtype):
    net = build(network, dtype).train()
    loss = F.cross_entropy(net(images(0, batch, resize, dtype)), labels(0, batch))
    loss.backward()
    return float(loss.detach()), {name: parameter.grad for name, parameter in net.named_parameters()}


def train(network, resize, batch, optimizer, dtype):
    """Returns the losses of all steps, and the running values after STATISTICS_AFTER steps."""
    net = build(network, dtype).train()
    rate, create = OPTIMIZERS[optimizer]
    update = create(net, rate)
    losses = []
    for step in range(STEPS):
        update.zero_grad()
        loss = F.cross_entropy(net(images(step * batch, batch, resize, dtype)), labels(step * batch, batch))
        loss.backward()
        update.step()
        losses.append(float(loss.detach()))
        if step + 1 == STATISTICS_AFTER:
            statistics = {name: value.clone() for name, value in net.named_buffers() if not name.endswith("num_batches_tracked")}
    return losses, statistics


def logits_only(network, resize, batch):
    logits, logits32 = (evaluate(network, resize, batch, dtype) for dtype in (torch.float64, torch.float32))
    return {
        **named(network),
        "resize": resize,
        "batch": batch,
        "float32Deviation": {"logits": float((logits - logits32).abs().max())},
        "logits": logits.flatten().tolist(),
    }


def decay(optimizer, network):
    """Returns the settings of AdamW that a curve names besides its rate: the decay, and the parameters without decay."""
    if not optimizer.startswith("adamw"):
        return {}
    return {"weightDecay": DECAY, "excluded": excluded(NETWORKS[network]()) if optimizer == "adamw-selective" else []}


def distances(curves):
    """Returns the largest relative difference between similar curves. It must be far larger than the tolerance."""
    pairs = [("adamw", "adam"), ("adamw-selective", "adam"), ("adamw-selective", "adamw"), ("nesterov", "sgd")]
    losses = {name: curve["losses"] for name, curve in curves.items()}
    return {f"{a} from {b}": max(abs(x - y) / y for x, y in zip(losses[a], losses[b])) for a, b in pairs if a in curves}


def golden(network, resize, batch):
    double, single = torch.float64, torch.float32
    result = logits_only(network, resize, batch)
    (loss, gradients), (loss32, gradients32) = (differentiate(network, resize, batch, dtype) for dtype in (double, single))
    norms = {name: float(value.norm()) for name, value in gradients.items()}
    scale = max(norms.values())
    deviation = {
        **result["float32Deviation"],
        "reluMargin": margin(network, resize, batch),
        "loss": abs(loss - loss32) / loss,
        "gradients": max(float((gradients[name] - gradients32[name]).norm()) / norm for name, norm in norms.items() if norm > 1e-9 * scale),
    }
    result = {
        **result,
        "loss": loss,
        "gradients": {name: sample(value) for name, value in gradients.items()},
    }
    if deviation["gradients"] > MOST_ROUNDING:
        raise SystemExit(f"{network}-{resize}: a ReLU lies at its kink ({deviation}). Choose another batch.")
    curves = {}
    for optimizer in OPTIMIZERS if named(network)["variant"] == "tutorial" else FEWER:
        losses, statistics = train(network, resize, batch, optimizer, double)
        losses32, _ = train(network, resize, batch, optimizer, single)
        curves[optimizer] = {"learningRate": OPTIMIZERS[optimizer][0], **decay(optimizer, network), "losses": losses}
        deviation[optimizer] = max(abs(a - b) / a for a, b in zip(losses, losses32))
        if optimizer == "sgd":
            result["statistics"] = {"optimizer": "sgd", "steps": STATISTICS_AFTER, "values": {name: sample(value) for name, value in statistics.items()}}
    result["curves"] = curves
    result["curveDistances"] = distances(curves)
    return {**result, "float32Deviation": deviation}


def resized(resize):
    image = images(0, 1, resize, torch.float64).flatten()
    places = list(range(0, len(image), 97))
    return {"resize": resize, "sum": float(image.sum()), "at": places, "values": [float(image[i]) for i in places]}


def shorten(value):
    """Rounds to nine significant digits: more than single precision has."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, list):
        return [shorten(item) for item in value]
    if isinstance(value, dict):
        return {key: shorten(item) for key, item in value.items()}
    return value


def lines(value, indent=0):
    """Formats JSON with one line for each entry that holds only numbers, so that diffs are readable."""
    if isinstance(value, dict) and any(isinstance(item, (dict, list)) for item in value.values()):
        pad = "  " * (indent + 1)
        body = ",\n".join(f"{pad}{json.dumps(key)}: {lines(item, indent + 1)}" for key, item in value.items())
        return "{\n" + body + "\n" + "  " * indent + "}"
    return json.dumps(value)


def write(folder, name, value):
    path = folder / f"{name}.json"
    path.write_text(lines(shorten({"torch": torch.__version__, "command": COMMAND, **value})) + "\n")
    print(f"{path.name}: {path.stat().st_size:,} bytes", value.get("float32Deviation", ""), value.get("curveDistances", ""), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)  # the same results on any number of cores
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    print(f"torch {torch.__version__}, Python {platform.python_version()}")
    for resize in (64, 96):
        write(target, f"resize-{resize}", resized(resize))
    for network, resize, batch in LOGITS_ONLY:
        write(target, f"{network}-{resize}", logits_only(network, resize, batch))
    for network, resize, batch in CASES:
        write(target, f"{network}-{resize}", golden(network, resize, batch))

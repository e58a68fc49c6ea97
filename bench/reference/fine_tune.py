"""Fine-tunes a torchvision ResNet-18 as fast.ai's `fine_tune` does, and prints its test accuracy as one line of JSON.

Head, parameter groups, rates, momentum and schedules are those of fastai 2.7 (`vision_learner`, `fine_tune`). Options: `--folder` with
`train/<class>` and `test/<class>`, `--weights` (safetensors, torchvision's names), `--normalization` (mean and std as JSON), `--side`,
`--epochs`, `--seed`. Needs names-requirements.txt.
"""

import argparse
import json
import pathlib
import struct
import time

import torch
import torchvision
from PIL import Image, ImageOps
from torch import nn
from torchvision.transforms import v2

BATCH = 64
RATE = 2e-3  # base_lr of fine_tune
HEAD_SHARE = 0.2  # share of the epochs with a frozen body
BETAS, DECAY, EPSILON = (0.95, 0.99), 0.01, 1e-5
LEAST_CROP = 0.35
WHITE = (255, 255, 255)


def read_picture(path, side):
    """Returns the picture on white, padded to a square: what an import with fit=contain, background=white keeps."""
    picture = Image.open(path).convert("RGBA")
    on_white = Image.alpha_composite(Image.new("RGBA", picture.size, (*WHITE, 255)), picture).convert("RGB")
    return ImageOps.pad(on_white, (side, side), Image.Resampling.BILINEAR, color=WHITE)


class Pictures(torch.utils.data.Dataset):
    def __init__(self, folder, classes, side, transform):
        pairs = [(path, label) for label, name in enumerate(classes) for path in sorted((folder / name).iterdir())]
        self.labels = [label for _, label in pairs]
        self.images = [read_picture(path, side) for path, _ in pairs]
        self.transform = transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.transform(self.images[index]), self.labels[index]


class ConcatPool(nn.Module):
    def forward(self, x):
        return torch.cat([x.amax((2, 3)), x.mean((2, 3))], 1)


def read_weights(path):
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    state = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        dtype = {"F32": torch.float32, "I64": torch.int64}[entry["dtype"]]
        state[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=dtype).reshape(entry["shape"])
    return state


def build(weights, classes):
    """Returns the network and its parts as fast.ai divides a ResNet: the first half of the body, the second half, the head."""
    net = torchvision.models.resnet18(num_classes=classes)
    state = {name: value for name, value in read_weights(weights).items() if not name.startswith("fc.")}
    missing = net.load_state_dict(state, strict=False)
    assert set(missing.missing_keys) <= {"fc.weight", "fc.bias"} and not missing.unexpected_keys, missing
    net.avgpool = ConcatPool()
    hidden = nn.Linear(1024, 512, bias=False)
    last = nn.Linear(512, classes, bias=False)
    net.fc = nn.Sequential(
        nn.BatchNorm1d(1024), nn.Dropout(0.25), hidden, nn.ReLU(), nn.BatchNorm1d(512), nn.Dropout(0.5), last
    )
    for layer in (hidden, last):
        nn.init.kaiming_normal_(layer.weight)
    return net, [[net.conv1, net.bn1, net.layer1, net.layer2], [net.layer3, net.layer4], [net.fc]]


def norms_of(parts):
    modules = [module for part in parts for module in part.modules()]
    return [module for module in modules if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d))]


def group_parameters(parts):
    """Returns two parameter groups for each part: with weight decay, and without (BatchNorm and biases)."""
    groups = []
    for part in parts:
        plain = {id(parameter) for norm in norms_of(part) for parameter in norm.parameters()}
        parameters = [parameter for module in part for parameter in module.parameters()]
        decayed = [parameter for parameter in parameters if id(parameter) not in plain]
        groups.append({"params": decayed, "weight_decay": DECAY})
        groups.append({"params": [parameter for parameter in parameters if id(parameter) in plain], "weight_decay": 0})
    return groups


def fit(net, batches, optimizer, epochs, rates, rise, division):
    """Trains with fast.ai's `fit_one_cycle`. `rates` are the highest learning rates of the parts."""
    highest = [rate for rate in rates for _ in range(2)]
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, highest, epochs=epochs, steps_per_epoch=len(batches), pct_start=rise, div_factor=division,
        final_div_factor=1e5 / division, base_momentum=0.85, max_momentum=0.95,
    )
    for _ in range(epochs):
        net.train()
        for images, labels in batches:
            loss = nn.functional.cross_entropy(net(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def freeze_body(parts):
    """Freezes the body except its BatchNorms, which fast.ai trains (`train_bn`)."""
    for part in parts[:-1]:
        for module in part:
            module.requires_grad_(False)
        for norm in norms_of(part):
            norm.requires_grad_(True)


def read_options():
    parser = argparse.ArgumentParser()
    for name in ("folder", "weights", "normalization"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("side", "epochs", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    return vars(parser.parse_args())


def main(folder, weights, normalization, side, epochs, seed):
    torch.manual_seed(seed)
    folder = pathlib.Path(folder)
    classes = sorted(path.name for path in (folder / "train").iterdir())
    to_input = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(**json.loads(normalization))]
    augment = v2.Compose([v2.RandomResizedCrop(side, scale=(LEAST_CROP, 1)), v2.RandomHorizontalFlip(), *to_input])
    train = Pictures(folder / "train", classes, side, augment)
    test = Pictures(folder / "test", classes, side, v2.Compose(to_input))
    batches = torch.utils.data.DataLoader(train, BATCH, shuffle=True, drop_last=True)
    net, parts = build(weights, len(classes))
    optimizer = torch.optim.AdamW(group_parameters(parts), lr=RATE, betas=BETAS, eps=EPSILON)
    start = time.perf_counter()
    frozen = max(1, round(HEAD_SHARE * epochs))
    freeze_body(parts)
    fit(net, batches, optimizer, frozen, [RATE / 10, RATE / 10, RATE], rise=0.99, division=25)
    net.requires_grad_(True)
    high = RATE / 2
    fit(net, batches, optimizer, epochs - frozen, [high / 100, high / 10, high], rise=0.3, division=5)
    seconds = time.perf_counter() - start
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in torch.utils.data.DataLoader(test, BATCH))
    print(json.dumps({"accuracy": right / len(test), "seconds": seconds, "version": torch.__version__}))


main(**read_options())

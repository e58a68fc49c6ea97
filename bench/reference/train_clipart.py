"""Trains a network on Debian's openclipart-png the torchvision way, and writes what `POST /models` needs, with its own test figure.

Writes to the output folder: `weights.safetensors`, `result.json` (classes, side, accuracy, for each test image its path, label
and logits, and the logits of the first test images with other ways from the file to the logits). Arguments: the folder of categories,
the output folder, the side, the number of epochs, the most images of a class, the name of torchvision's network. Needs
names-requirements.txt.
"""

import json
import math
import pathlib
import random
import struct
import sys

import torch
import torchvision
from PIL import Image
from torchvision.transforms import v2

Image.MAX_IMAGE_PIXELS = None  # the sizes of the pictures are checked below

CLASSES = 12
MAX_PIXELS = 640_000  # all pictures are in memory
TEST_SHARE = 0.2
BATCH = 32
CROP_SHARE = 0.875
COMPARED = 64
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def find_images(root, most):
    """Returns the largest classes, and shuffled (path, label) pairs of training and test."""
    folders = sorted((folder for folder in root.iterdir() if folder.is_dir()), key=lambda folder: -len(list(folder.rglob("*.png"))))[:CLASSES]
    classes = sorted(folder.name for folder in folders)
    train, test = [], []
    for label, name in enumerate(classes):
        paths = [path for path in sorted((root / name).rglob("*.png")) if math.prod(Image.open(path).size) <= MAX_PIXELS]
        random.Random(name).shuffle(paths)
        paths = paths[:most]
        held_out = int(TEST_SHARE * len(paths))
        test += [(path, label) for path in paths[:held_out]]
        train += [(path, label) for path in paths[held_out:]]
    return classes, train, test


class Pictures(torch.utils.data.Dataset):
    def __init__(self, pairs, transform):
        self.pairs, self.transform = pairs, transform
        self.images = [Image.open(path).convert("RGB") for path, _ in pairs]

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        return self.transform(self.images[index]), self.pairs[index][1]


def other_ways(net, side, pairs):
    """Returns logits of other ways to prepare and run the images: first ways that should give equal logits, then ways that should not."""
    images = [Image.open(path).convert("RGB") for path, _ in pairs]
    to_input = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]

    def resized(share=CROP_SHARE, **options):
        return [v2.Resize(int(side / share + 1e-6), **options), v2.CenterCrop(side)]

    def logits_of(*transforms):
        with torch.no_grad():
            return torch.cat([net(v2.Compose(transforms)(image)[None]) for image in images])

    def in_bfloat16():
        with torch.autocast("cpu", torch.bfloat16):
            return logits_of(*resized(), *to_input).float()

    ways = {
        "resized as tensors": logits_of(v2.ToImage(), *resized(), *to_input),
        "computed in bfloat16": in_bfloat16(),
        "bicubic": logits_of(*resized(interpolation=v2.InterpolationMode.BICUBIC), *to_input),
        "not antialiased": logits_of(v2.ToImage(), *resized(antialias=False), *to_input),
        "crop share 0.9655": logits_of(*resized(0.9655), *to_input),
        "stretched": logits_of(v2.Resize([side, side]), *to_input),
        "pixels from -1 to 1": logits_of(*resized(), *to_input[:2], v2.Normalize([0.5], [0.5])),
    }
    return {name: logits.tolist() for name, logits in ways.items()}


def write_weights(path, state):
    header, at, parts = {}, 0, []
    for name, value in state.items():
        data = value.contiguous().numpy().tobytes()
        kind = "I64" if value.dtype == torch.int64 else "F32"
        header[name] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
        parts.append(data)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def main(root, output, side, epochs, most, network):
    torch.manual_seed(0)
    classes, train, test = find_images(root, most)
    to_input = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    augment = v2.Compose([v2.RandomResizedCrop(side), v2.RandomHorizontalFlip(), *to_input])
    preset = v2.Compose([v2.Resize(int(side / CROP_SHARE)), v2.CenterCrop(side), *to_input])
    batches = torch.utils.data.DataLoader(Pictures(train, augment), BATCH, shuffle=True)
    net = torchvision.models.get_model(network, num_classes=len(classes))
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=epochs * len(batches))
    for epoch in range(epochs):
        net.train()
        for images, labels in batches:
            loss = torch.nn.functional.cross_entropy(net(images), labels, label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1} of {epochs}: loss {loss.item():.3f}", file=sys.stderr, flush=True)
    net.eval()
    with torch.no_grad():
        logits = torch.cat([net(images) for images, _ in torch.utils.data.DataLoader(Pictures(test, preset), BATCH)])
    labels = torch.tensor([label for _, label in test])
    accuracy = (logits.argmax(1) == labels).float().mean().item()
    output.mkdir(parents=True, exist_ok=True)
    write_weights(output / "weights.safetensors", net.state_dict())
    images = [{"path": str(path), "label": label, "logits": row.tolist()} for (path, label), row in zip(test, logits)]
    result = {"classes": classes, "side": side, "accuracy": accuracy, "images": images, "ways": other_ways(net, side, test[:COMPARED])}
    (output / "result.json").write_text(json.dumps(result))


root, output, *numbers, network = sys.argv[1:]
main(pathlib.Path(root), pathlib.Path(output), *map(int, numbers), network)

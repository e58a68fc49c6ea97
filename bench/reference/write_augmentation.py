"""Writes test/golden/augmentation.json: small images before and after each change of torchvision's transforms, and drawn parameters.

Pixels are base64 of height x width x channels bytes. A histogram counts the values that torchvision draws for a parameter.
Argument: the folder to write to. Needs names-requirements.txt.
"""

import base64
import json
import math
import pathlib
import sys

import numpy
import torch
import torchvision
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.v2 import functional as F

COMMAND = "npm run reference -- augmentation"
HEIGHT, WIDTH, SIDE = 30, 40, 24
DRAWS = 20_000
BINS = 64
BILINEAR = InterpolationMode.BILINEAR


def picture(seed, height, width, channels=3):
    """Returns a picture with gradients, edges and some noise: channels x height x width bytes."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float64)
    pixels = numpy.stack([128 + 90 * numpy.sin(x / width * 7 + c + seed) * numpy.cos(y / height * 5 - c) for c in range(channels)], -1)
    for _ in range(5):
        at_x, at_y, radius = random.uniform(0, width), random.uniform(0, height), random.uniform(0.08, 0.25) * width
        pixels[(x - at_x) ** 2 + (y - at_y) ** 2 < radius**2] = random.uniform(0, 255, channels)
    pixels += random.normal(0, 6, pixels.shape)
    return torch.from_numpy(numpy.clip(pixels, 0, 255).astype(numpy.uint8)).permute(2, 0, 1)


def text(image):
    return base64.b64encode(image.permute(1, 2, 0).contiguous().numpy().tobytes()).decode()


def crops(image):
    """Parts that are enlarged, reduced and both, at borders and inside, and mirrored."""
    parts = [(0, 0, 30, 40), (3, 5, 11, 9), (20, 28, 10, 12), (0, 10, 30, 13), (7, 0, 8, 40), (29, 39, 1, 1), (4, 4, 24, 24), (0, 0, 29, 31)]
    for index, (top, left, height, width) in enumerate(parts):
        result = F.resized_crop(image, top, left, height, width, [SIDE, SIDE], BILINEAR, antialias=True)
        flip, vertical = index % 2, index // 2 % 2
        result = F.horizontal_flip(result) if flip else result
        result = F.vertical_flip(result) if vertical else result
        yield {"top": top, "left": left, "height": height, "width": width, "flip": flip, "verticalFlip": vertical, "pixels": text(result)}


def affine_maps(image):
    changes = [(0, (0, 0), 1, (0, 0)), (30, (0, 0), 1, (0, 0)), (-75, (3, -2), 0.8, (0, 0)), (0, (5, 4), 1, (0, 0)), (0, (0, 0), 1.5, (0, 0))]
    changes += [(0, (0, 0), 1, (20, 0)), (0, (0, 0), 1, (0, -15)), (160, (-6, 1), 1.3, (12, 9))]
    for angle, translate, scale, shear in changes:
        result = F.affine(image, angle=angle, translate=list(translate), scale=scale, shear=list(shear), interpolation=BILINEAR)
        yield {"angle": angle, "translate": translate, "scale": scale, "shear": shear, "pixels": text(result)}


APPLY = {"brightness": F.adjust_brightness, "contrast": F.adjust_contrast, "saturation": F.adjust_saturation, "hue": F.adjust_hue}


def color_changes(image):
    """Each change alone, and all of them in several orders. Computed in float32, as between other transforms."""
    plain = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}
    some = {"brightness": 1.3, "contrast": 0.6, "saturation": 1.7, "hue": 0.2}
    other = {"brightness": 0.5, "contrast": 1.8, "saturation": 0.3, "hue": -0.35}
    names = list(plain)
    cases = [({**plain, name: values[name]}, names) for name in names for values in (some, other)]
    orders = [names, names[::-1], ["hue", "contrast", "brightness", "saturation"], ["saturation", "hue", "contrast", "brightness"]]
    cases += [(values, order) for order in orders for values in (some, other)]
    for values, order in cases:
        result = image.to(torch.float32) / 255
        for name in order:
            result = APPLY[name](result, values[name])
        yield {**values, "order": order, "pixels": text((result * 255).round().to(torch.uint8))}


OPERATIONS = ["Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast", "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize"]


def operations(image):
    """Each operation of TrivialAugmentWide and RandAugment at several magnitudes, by the method that they call."""
    transform = v2.TrivialAugmentWide(interpolation=BILINEAR)
    magnitudes = {"Shear": [0.3, -0.99], "Translate": [5, -9], "Rotate": [30, -101.25], "Posterize": [2, 5, 8], "Solarize": [0.0, 0.5, 1.0]}
    blends = [0.5, -0.33, 0.99, -0.99]
    for index, name in enumerate(OPERATIONS):
        found = next((values for start, values in magnitudes.items() if name.startswith(start)), blends if name in ("Brightness", "Color", "Contrast", "Sharpness") else [0])
        for magnitude in found:
            result = transform._apply_image_or_video_transform(image, name, magnitude, BILINEAR, transform._fill)
            yield {"operation": index, "magnitude": magnitude, "pixels": text(result)}


def tables():
    """The magnitudes of each operation, by their strength."""
    spaces = {"trivialAugmentWide": v2.TrivialAugmentWide(), "randAugment": v2.RandAugment()}
    for space, transform in spaces.items():
        found = {}
        for index, name in enumerate(OPERATIONS):
            values, signed = transform._AUGMENTATION_SPACE[name]
            numbers = values(31, SIDE, SIDE)
            found[index] = {"signed": signed, "magnitudes": None if numbers is None else [float(int(each)) if name.startswith("Translate") else float(each) for each in numbers]}
        yield space, found


def histogram(values, least, most, whole=False):
    """Counts the values in bins from least to most; whole numbers have a bin each."""
    bins = int(most - least + 1) if whole else BINS
    edges = (least - 0.5, most + 0.5) if whole else (least, most)
    counts, _ = numpy.histogram(numpy.array(values, dtype=numpy.float64), bins=bins, range=edges)
    assert counts.sum() == len(values), (least, most, min(values), max(values))
    return {"from": edges[0], "to": edges[1], "counts": counts.tolist()}


def drawn_crops():
    image = torch.zeros(3, HEIGHT, WIDTH, dtype=torch.uint8)
    for scale, ratio in [((0.08, 1.0), (3 / 4, 4 / 3)), ((0.5, 1.0), (0.2, 0.5))]:
        transform = v2.RandomResizedCrop(SIDE, scale=scale, ratio=ratio)
        found = [transform.make_params([image]) for _ in range(DRAWS)]
        limits = {"top": HEIGHT, "left": WIDTH, "height": HEIGHT, "width": WIDTH}
        yield {"scale": scale, "ratio": ratio, "histograms": {name: histogram([each[name] for each in found], 0, most, True) for name, most in limits.items()}}


def drawn_affine_maps():
    image = torch.zeros(3, SIDE, SIDE, dtype=torch.uint8)
    transform = v2.RandomAffine(25, translate=(0.2, 0.1), scale=(0.7, 1.2), shear=(-10, 10, -5, 5))
    found = [transform.make_params([image]) for _ in range(DRAWS)]
    return {
        "angle": histogram([each["angle"] for each in found], -25, 25),
        "translateX": histogram([each["translate"][0] for each in found], -5, 5, True),
        "translateY": histogram([each["translate"][1] for each in found], -2, 2, True),
        "scale": histogram([each["scale"] for each in found], 0.7, 1.2),
        "shearX": histogram([each["shear"][0] for each in found], -10, 10),
        "shearY": histogram([each["shear"][1] for each in found], -5, 5),
    }


def drawn_colors():
    transform = v2.ColorJitter(brightness=0.4, contrast=0.3, saturation=1.5, hue=0.2)
    found = [transform.make_params([]) for _ in range(DRAWS)]
    places = {name: [(each["fn_idx"] == index).nonzero().item() for each in found] for index, name in enumerate(APPLY)}
    return {
        "brightness": histogram([each["brightness_factor"] for each in found], 0.6, 1.4),
        "contrast": histogram([each["contrast_factor"] for each in found], 0.7, 1.3),
        "saturation": histogram([each["saturation_factor"] for each in found], 0, 2.5),
        "hue": histogram([each["hue_factor"] for each in found], -0.2, 0.2),
        **{f"place of {name}": histogram(values, 0, 3, True) for name, values in places.items()},
    }


def drawn_boxes():
    """The box of CutMix and the share of an image's own label."""
    images = torch.zeros(2, 3, HEIGHT, WIDTH)
    found = []
    for _ in range(DRAWS // 4):
        found.append(v2.CutMix(alpha=1.0, num_classes=2).make_params([images]))
    boxes = numpy.array([each["box"] for each in found])
    limits = {"left": WIDTH, "top": HEIGHT, "right": WIDTH, "bottom": HEIGHT}
    histograms = {name: histogram(boxes[:, index], 0, most, True) for index, (name, most) in enumerate(limits.items())}
    return {**histograms, "share": histogram([each["lam_adjusted"] for each in found], 0, 1)}


def main(folder):
    torch.manual_seed(1)
    image, square, grey = picture(1, HEIGHT, WIDTH), picture(2, SIDE, SIDE), picture(3, SIDE, SIDE, 1)
    written = {
        "about": {"command": COMMAND, "torch": torch.__version__.split("+")[0], "torchvision": torchvision.__version__.split("+")[0]},
        "images": {"image": text(image), "square": text(square), "grey": text(grey)},
        "sizes": {"height": HEIGHT, "width": WIDTH, "side": SIDE},
        "resizedCrops": list(crops(image)),
        "affine": list(affine_maps(square)),
        "colors": list(color_changes(square)),
        "greyColors": list(color_changes(grey)),
        "operations": list(operations(square)),
        "greyOperations": list(operations(grey)),
        "magnitudes": dict(tables()),
        "draws": {"resizedCrop": list(drawn_crops()), "affine": drawn_affine_maps(), "colorJitter": drawn_colors(), "cutmix": drawn_boxes()},
    }
    parts = ",\n".join(f" {json.dumps(name)}: {json.dumps(part)}" for name, part in written.items())
    (folder / "augmentation.json").write_text(f"{{\n{parts}\n}}\n")


main(pathlib.Path(sys.argv[1]))

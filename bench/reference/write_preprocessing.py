"""Writes test/golden/preprocessing/: small generated images, and their pixels after every preprocessing in Pillow and torchvision.

Cases with `tensor` are those of torchvision's transforms for tensors, the others Pillow's, as torchvision's transforms give them for images. `pixels.bin` contains the results one after the other, height x width x 3 bytes each, in the order of `cases.json`.
Argument: the folder to write to. Needs names-requirements.txt.
"""

import json
import pathlib
import sys

import numpy
import PIL
import torch
import torchvision
from PIL import Image, ImageOps
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

COMMAND = "npm run reference -- preprocessing"
SIDE = 24
MODES = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}
BACKGROUND = (10, 160, 240)


def photo(width, height, seed):
    """Returns a picture with gradients, edges, fine lines and some noise."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float64)
    size = max(width, height)
    pixels = numpy.stack([128 + 90 * numpy.sin(x / size * 9 + c) * numpy.cos(y / size * 7 - c) for c in range(3)], -1)
    for _ in range(12):
        at_x, at_y, radius = random.uniform(0, width), random.uniform(0, height), random.uniform(0.02, 0.15) * size
        pixels[(x - at_x) ** 2 + (y - at_y) ** 2 < radius**2] = random.uniform(0, 255, 3)
    for _ in range(5):
        angle = random.uniform(0, numpy.pi)
        lines = (x * numpy.cos(angle) + y * numpy.sin(angle)) % (size / random.uniform(5, 20))
        pixels[lines < 1.5] = random.uniform(0, 255, 3)
    pixels += random.normal(0, 4, pixels.shape)
    return Image.fromarray(numpy.clip(pixels, 0, 255).astype(numpy.uint8))


def clipart(width, height, seed):
    """Returns a picture with transparent and half transparent pixels over colours."""
    image = photo(width, height, seed)
    y, x = numpy.mgrid[0:height, 0:width]
    distance = numpy.hypot(x - width / 2, y - height / 2) / min(width, height)
    alpha = numpy.clip((0.45 - distance) * 1200, 0, 255).astype(numpy.uint8)
    image.putalpha(Image.fromarray(alpha))
    return image


def write_images(folder):
    photo(320, 213, 1).save(folder / "large.jpg", quality=90)
    photo(213, 320, 2).save(folder / "tall.jpg", quality=75, progressive=True)
    photo(61, 47, 3).save(folder / "odd.png")
    photo(47, 61, 4).save(folder / "odd-tall.png")
    photo(19, 13, 5).save(folder / "small.png")
    photo(1, 7, 6).save(folder / "tiny.png")
    photo(240, 9, 7).save(folder / "strip.png")
    photo(24, 24, 8).save(folder / "same.png")
    clipart(40, 52, 9).save(folder / "transparent.png")
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned right by 90 degrees
    photo(90, 60, 10).save(folder / "turned.jpg", quality=90, exif=turned)
    return sorted(path.name for path in folder.iterdir() if path.suffix in (".jpg", ".png"))


def read(path, decoding):
    image = ImageOps.exif_transpose(Image.open(path))
    if decoding == "plain" or image.mode == "RGB":
        return image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, (*BACKGROUND, 255)), image).convert("RGB")


def resize(image, size, case):
    """Resizes to (height, width), or the shorter side to a number."""
    mode = MODES[case["interpolation"]]
    if not case["tensor"]:
        return F.resize(image, size, mode)  # images are always antialiased
    return F.to_pil_image(F.resize(F.pil_to_tensor(image), size, mode, antialias=case["antialias"]))


def apply(image, case):
    width, height = case["width"], case["height"]
    match case["fit"]:
        case "stretch":
            return resize(image, [height, width], case)
        case "contain":
            inner = ImageOps.contain(image, (width, height), Image.Resampling.NEAREST).size
            return ImageOps.pad(resize(image, [inner[1], inner[0]], case), (width, height), color=BACKGROUND)
        case _:
            resized = resize(image, [int(width / case["cropShare"] + 1e-6)], case)
            return F.center_crop(resized, [height, width])


def cases(names):
    square = {"width": SIDE, "height": SIDE, "decoding": "plain"}
    for name in names:
        for fit, share in [("contain", 1), ("cover", 1), ("stretch", 1), ("resize-crop", 0.875)]:
            for mode in MODES:
                for antialias, tensor in [(True, False), (True, True), (False, True)]:
                    yield {"image": name, "fit": fit, "cropShare": share, "interpolation": mode, "antialias": antialias, "tensor": tensor, **square}
    for share in (0.95, 224 / 232, 0.8):
        yield {"image": "large.jpg", "fit": "resize-crop", "cropShare": share, "interpolation": "bicubic", "antialias": True, "tensor": False, **square}
    for fit in ("contain", "stretch"):
        shape = {"width": 30, "height": 17, "decoding": "managed"}
        for name in ("odd.png", "transparent.png"):
            yield {"image": name, "fit": fit, "cropShare": 1, "interpolation": "bilinear", "antialias": True, "tensor": False, **shape}


def main(folder):
    folder.mkdir(exist_ok=True)
    found = list(cases(write_images(folder)))
    results = [apply(read(folder / case["image"], case["decoding"]), case).tobytes() for case in found]
    (folder / "pixels.bin").write_bytes(b"".join(results))
    about = {"command": COMMAND, "pillow": PIL.__version__, "torch": torch.__version__.split("+")[0], "torchvision": torchvision.__version__.split("+")[0]}
    lines = ",\n".join(f"  {json.dumps(case)}" for case in found)
    (folder / "cases.json").write_text(f'{{"about": {json.dumps(about)}, "background": {list(BACKGROUND)}, "cases": [\n{lines}\n]}}\n')


main(pathlib.Path(sys.argv[1]) / "preprocessing")

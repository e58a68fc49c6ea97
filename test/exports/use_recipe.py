"""Uses exports with nothing but what is in their files: reads the preprocessing from each, prepares an image with Pillow, and computes.

Prints for each format the preprocessing and the logits, and whether the function of the model card gives the same pixels. TensorFlow.js
does not run in Python: its pixels are written to `pixels` in its folder. Argument: JSON of {image, savedmodel, onnx, tfjs, safetensors,
card, network}; `savedmodel` and `tfjs` are folders, `card` is Markdown.
"""

import json
import os
import pathlib
import re
import struct
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before it is imported

import numpy as np
import onnxruntime
import tensorflow as tf
import torch
import torch.nn.functional as F
from networks import NETWORKS
from PIL import Image, ImageOps
from safetensors.torch import load_file

KEY = "trainyard.preprocessing"
asked = json.loads(sys.argv[1])
session = onnxruntime.InferenceSession(asked["onnx"], providers=["CPUExecutionProvider"])


def metadata(path):
    """Returns the metadata of a safetensors file."""
    with open(path, "rb") as file:
        return json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))["__metadata__"]


def read(path):
    return json.loads(pathlib.Path(path).read_text())


recipes = {
    "savedmodel": read(f"{asked['savedmodel']}/assets.extra/preprocessing.json"),
    "tfjs": json.loads(read(f"{asked['tfjs']}/model.json")["userDefinedMetadata"][KEY]),
    "onnx": json.loads(session.get_modelmeta().custom_metadata_map[KEY]),
    "safetensors": json.loads(metadata(asked["safetensors"])[KEY]),
}


def prepare(recipe):
    """Returns the bytes of the image: 1 x height x width x 3."""
    assert (recipe["fit"], recipe["decoding"], recipe["antialias"]) == ("resize-crop", "plain", True)
    image = ImageOps.exif_transpose(Image.open(asked["image"])).convert("RGB")
    side = recipe["height"]
    larger = int(side / recipe["cropShare"])
    width, height = image.size
    size = (larger, int(larger * height / width)) if width <= height else (int(larger * width / height), larger)
    image = image.resize(size, Image.Resampling[recipe["interpolation"].upper()])
    left, top = (round((length - side) / 2) for length in image.size)
    return np.asarray(image.crop((left, top, left + side, top + side)))[None]


def in_tensorflow(pixels):
    serve = tf.saved_model.load(asked["savedmodel"]).signatures["serving_default"]
    return serve(images=tf.constant(pixels))["logits"].numpy()


def in_torch(pixels, recipe):
    state = load_file(asked["safetensors"])
    net = NETWORKS[asked["network"]](classes=state["fc.bias"].shape[0], channels=3)
    net.load_state_dict(state, strict=True)
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    x = F.interpolate(x, size=(recipe["resize"],) * 2, mode="bilinear", align_corners=False) * recipe["scale"]
    x = (x - torch.tensor(recipe["mean"])[:, None, None]) / torch.tensor(recipe["std"])[:, None, None]
    with torch.inference_mode():
        return net.eval()(x).numpy()


pixels = {name: prepare(recipe) for name, recipe in recipes.items()}
pixels["tfjs"].tofile(f"{asked['tfjs']}/pixels")
logits = {
    "savedmodel": in_tensorflow(pixels["savedmodel"]),
    "onnx": session.run(["logits"], {"images": pixels["onnx"]})[0],
    "safetensors": in_torch(pixels["safetensors"], recipes["safetensors"]),
}
card = {}
exec(re.search(r"```python\n(.*?)\n```", asked["card"], re.S)[1], card)
print(
    json.dumps(
        {
            "recipes": recipes,
            "logits": {name: values.flatten().tolist() for name, values in logits.items()},
            "card": bool(np.array_equal(card["pixels"](asked["image"]), pixels["onnx"])),
        }
    )
)

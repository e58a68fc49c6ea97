"""Writes test/golden/library-names.json: names and shapes of weights of timm's and transformers' models.

Of models that the service does not have, only the tensors that its recognition looks at. Argument: the folder test/golden.
"""

import json
import pathlib
import re
import sys

import timm
import torch
import transformers

WHOLE = ["resnet18", "densenet121"]
FOREIGN = [
    *["resnet18d", "resnet26t", "resnet50c", "seresnet50", "ecaresnet50d", "resnext50_32x4d", "wide_resnet50_2", "resnet50_gn"],
    *["densenetblur121d", "resnetv2_50", "vgg11", "vit_tiny_patch16_224", "efficientnet_b0", "convnext_atto"],
    *["swin_tiny_patch4_window7_224", "mobilenetv2_100", "regnetx_002"],
]
RESNET = re.compile(r"^(conv1|bn1|layer1\.0\.|layer2\.0\.downsample|layer\d+\.\d+\.conv1\.weight|fc\.)")
MOST = 40


def shapes(state):
    return {name: list(value.shape) for name, value in state.items()}


def looked_at(state):
    names = [name for name in state if RESNET.match(name)] if "layer1.0.conv1.weight" in state else list(state)[:MOST]
    return shapes({name: state[name] for name in names})


def resnet(layer_type):
    config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16] if layer_type == "basic" else [32, 64], depths=[1, 2], layer_type=layer_type)
    return shapes(transformers.ResNetForImageClassification(config).state_dict())


models = {}
with torch.device("meta"):  # shapes without numbers
    for name in WHOLE:
        models[f"timm/{name}"] = shapes(timm.create_model(name).state_dict())
    for name in FOREIGN:
        models[f"timm/{name}"] = looked_at(timm.create_model(name).state_dict())
    for layer_type in ["basic", "bottleneck"]:
        models[f"transformers/resnet-{layer_type}"] = resnet(layer_type)

versions = {"timm": timm.__version__, "transformers": transformers.__version__}
path = pathlib.Path(sys.argv[1]) / "library-names.json"
path.write_text(json.dumps({**versions, "models": models}, separators=(",", ":")) + "\n")

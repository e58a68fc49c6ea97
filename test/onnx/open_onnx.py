"""ONNX's own checker and ONNX Runtime's Python package open models: prints what they say of each as JSON.

Argument: JSON, a list of {path, pixels, shape}; `pixels` is a file of bytes.
"""
import json
import sys

import numpy as np
import onnx
import onnxruntime


def describe(values) -> dict:
    return {value.name: [value.type, value.shape] for value in values}


def open_model(path: str, pixels: str, shape: list) -> dict:
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    answers = session.run(names, {"images": np.fromfile(pixels, np.uint8).reshape(shape)})
    return {
        "opset": [entry.version for entry in model.opset_import],
        "inputs": describe(session.get_inputs()),
        "outputs": describe(session.get_outputs()),
        "answers": {name: answer.flatten().tolist() for name, answer in zip(names, answers)},
    }


print(json.dumps([open_model(**each) for each in json.loads(sys.argv[1])]))

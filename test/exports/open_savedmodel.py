"""Python's TensorFlow opens a SavedModel and answers: prints its tags, its signature and its outputs as JSON.

Arguments: the folder, a file of pixels, their shape as JSON.
"""
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before it is imported

import numpy as np
import tensorflow as tf
from tensorflow.python.tools import saved_model_utils

folder, pixels, shape = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
serve = tf.saved_model.load(folder, tags=["serve"]).signatures["serving_default"]
answers = serve(images=tf.constant(np.fromfile(pixels, np.uint8).reshape(shape)))
definition = saved_model_utils.get_meta_graph_def(folder, "serve").signature_def["serving_default"]


def describe(tensors) -> dict:
    return {
        name: [tf.as_dtype(tensor.dtype).name, [size.size for size in tensor.tensor_shape.dim]]
        for name, tensor in tensors.items()
    }


print(
    json.dumps(
        {
            "tags": saved_model_utils.get_saved_model_tag_sets(folder),
            "method": definition.method_name,
            "inputs": describe(definition.inputs),
            "outputs": describe(definition.outputs),
            "answers": {name: answer.numpy().flatten().tolist() for name, answer in answers.items()},
        }
    )
)

"""Writes gpu-kernels.json: the dtypes for which TensorFlow's CUDA build has a GPU kernel of each operation. No GPU is needed.

Arguments: the folder to write to, and the operations.
"""

import json
import pathlib
import sys

import tensorflow
from tensorflow.core.framework import types_pb2
from tensorflow.python.framework.kernels import get_registered_kernels_for_op

assert tensorflow.test.is_built_with_cuda(), "This TensorFlow was built without CUDA."

# The service's names of dtypes. It uses no others.
NAMES = {
    types_pb2.DT_FLOAT: "float32",
    types_pb2.DT_INT32: "int32",
    types_pb2.DT_UINT8: "uint8",
    types_pb2.DT_STRING: "string",
    types_pb2.DT_INT64: "int64",
    types_pb2.DT_BOOL: "bool",
    types_pb2.DT_BFLOAT16: "bfloat16",
    types_pb2.DT_RESOURCE: "resource",
}


def kernels_of(operation):
    """Returns each kernel as {attribute: dtypes}, without kernels for dtypes that the service does not use."""
    found = []
    for kernel in get_registered_kernels_for_op(operation).kernel:
        if kernel.device_type not in ("GPU", "DEFAULT") or kernel.label:
            continue
        types = {each.name: [NAMES[t] for t in each.allowed_values.list.type if t in NAMES] for each in kernel.constraint}
        if all(types.values()) and types not in found:
            found.append(types)
    return sorted(found, key=json.dumps)


folder, *operations = sys.argv[1:]
written = {"tensorflow": tensorflow.__version__, "kernels": {name: kernels_of(name) for name in sorted(operations)}}
lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(kernels)}" for name, kernels in written["kernels"].items())
text = f'{{\n "tensorflow": {json.dumps(written["tensorflow"])},\n "kernels": {{\n{lines}\n }}\n}}\n'
(pathlib.Path(folder) / "gpu-kernels.json").write_text(text)

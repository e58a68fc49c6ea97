"""Compares two safetensors files: prints the names that only one has, and those whose type, shape or numbers differ, as JSON."""
import json
import sys

import torch
from safetensors.torch import load_file

one, other = (load_file(path) for path in sys.argv[1:3])
same = one.keys() & other.keys()
print(
    json.dumps(
        {
            "onlyInOne": sorted(one.keys() ^ other.keys()),
            "different": sorted(name for name in same if one[name].dtype != other[name].dtype or not torch.equal(one[name], other[name])),
        }
    )
)

"""Shared code of the PyTorch measurements: reads their arguments, builds the network, times steps, prints one line of JSON."""

import argparse
import json
import resource
import sys
import time

import torch

from networks import NETWORKS

# A measurement ends early after this time, as in bench/support/stopwatch.js: some machines and layouts are slow.
ENOUGH_SECONDS = 12
LEAST_STEPS = 3


def read_options(frozen=()):
    """Reads the arguments. `frozen`: choices of the option --frozen, if the script has it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", choices=NETWORKS, required=True)
    parser.add_argument("--parameters", type=int, required=True)
    parser.add_argument("--resize", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], required=True)
    parser.add_argument("--layout", choices=["contiguous_format", "channels_last"], required=True)
    parser.add_argument("--warm-up", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    if frozen:
        parser.add_argument("--frozen", choices=frozen, required=True)
    return parser.parse_args()


def build(network, parameters):
    """Builds the network and checks its number of parameters: all sides must measure the same network."""
    torch.manual_seed(0)
    net = NETWORKS[network]()
    count = sum(parameter.numel() for parameter in net.parameters())
    if count != parameters:
        sys.exit(f"The network {network} has {count} parameters, not {parameters}.")
    return net


def time_steps(step, warm_up, steps):
    """Returns the seconds of each call after the first `warm_up` calls."""
    seconds = []
    while len(seconds) < warm_up + steps:
        if len(seconds) >= warm_up + LEAST_STEPS and sum(seconds[warm_up:]) > ENOUGH_SECONDS:
            break
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return seconds[warm_up:]


def print_result(seconds):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({"stepSeconds": seconds, "peakBytes": peak, "version": torch.__version__}))

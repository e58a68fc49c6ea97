"""Writes schedules.json: the learning rates of torch.optim.lr_scheduler over a short run. Argument: the folder to write to."""

import pathlib
import sys
import warnings

import torch
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    CosineAnnealingLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    SequentialLR,
    StepLR,
)

from write_goldens import write

PEAK = 0.4
EPOCHS = 5
STEPS = 7  # per epoch
TOTAL = EPOCHS * STEPS
WARMUP = 10  # steps: not a whole number of epochs


def warm(optimizer):
    return LinearLR(optimizer, start_factor=1 / WARMUP, total_iters=WARMUP - 1)


def one_cycle(optimizer, peak_at, start, final):
    return OneCycleLR(
        optimizer, PEAK, total_steps=TOTAL, pct_start=peak_at, div_factor=1 / start, final_div_factor=start / final, cycle_momentum=False
    )


def cosine(optimizer, steps, final):
    return CosineAnnealingLR(optimizer, steps, eta_min=final * PEAK)


WARM = {"warmupEpochs": WARMUP / STEPS}
# The schedule of a job, and the same in PyTorch, whose scheduler is stepped after every training step.
CASES = {
    "constant after a warm-up": ({"name": "constant", **WARM}, warm),
    "step": ({"name": "step", "every": 2, "factor": 0.5}, lambda o: StepLR(o, 2 * STEPS, 0.5)),
    "step after a warm-up": (
        {"name": "step", "every": 1, "factor": 0.3, **WARM},
        lambda o: ChainedScheduler([warm(o), StepLR(o, STEPS, 0.3)], o),
    ),
    "multi-step": (
        {"name": "multi-step", "epochs": [1, 4], "factor": 0.2},
        lambda o: MultiStepLR(o, [STEPS, 4 * STEPS], 0.2),
    ),
    "cosine": ({"name": "cosine", "finalFactor": 0}, lambda o: cosine(o, TOTAL, 0)),
    "cosine after a warm-up": (
        {"name": "cosine", "finalFactor": 0.1, **WARM},
        lambda o: SequentialLR(o, [warm(o), cosine(o, TOTAL - WARMUP, 0.1)], [WARMUP]),
    ),
    "one-cycle": ({"name": "one-cycle"}, lambda o: one_cycle(o, 0.3, 1 / 25, 1 / 25e4)),
    "one-cycle with its peak later": (
        {"name": "one-cycle", "peakAt": 0.5, "startFactor": 0.1, "finalFactor": 0.01},
        lambda o: one_cycle(o, 0.5, 0.1, 0.01),
    ),
}


def rates(create):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=PEAK)
    scheduler = create(optimizer)
    found = []
    for _ in range(TOTAL):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


if __name__ == "__main__":
    # PyTorch warns that SequentialLR passes an epoch to its schedulers, and that OneCycleLR is stepped once beyond its end.
    warnings.simplefilter("ignore")
    cases = {name: {"schedule": schedule, "learningRates": rates(create)} for name, (schedule, create) in CASES.items()}
    write(pathlib.Path(sys.argv[1]), "schedules", {"peak": PEAK, "epochs": EPOCHS, "steps": STEPS, "cases": cases})

"""The optimiser and its learning rate."""

import math
from collections.abc import Iterable

import torch
from torch import nn

_LAST = 0.01  # the rate at the end, as a share of the highest
_BETAS = (0.9, 0.99)  # hundreds of steps are too few for the usual 0.999 to forget the first, large gradients


def rate_factor(iteration: int, iterations: int, warmup: int) -> float:
    """Share of the learning rate at an iteration, from 0: a linear warm-up, then half a cosine to 1 %.

    >>> [round(rate_factor(i, 100, 10), 3) for i in (0, 9, 10, 55, 99)]
    [0.1, 1.0, 1.0, 0.505, 0.01]
    """
    if iteration < warmup:
        return (iteration + 1) / warmup
    done = (iteration - warmup) / max(1, iterations - warmup)
    return _LAST + (1 - _LAST) * (1 + math.cos(math.pi * done)) / 2


def make_optimiser(model: nn.Module, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW that lets norms and biases go without decay, as their size is not a matter of complexity."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {
            "params": [parameter for parameter in parameters if parameter.ndim > 1],
            "weight_decay": weight_decay,
        },
        {"params": [parameter for parameter in parameters if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=_BETAS, fused=parameters[0].device.type != "mps")


def set_rate(groups: Iterable[dict[str, object]], rate: float) -> None:
    """Set the learning rate of an optimiser's groups."""
    for group in groups:
        group["lr"] = rate

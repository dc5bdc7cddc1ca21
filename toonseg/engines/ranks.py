"""Several processes that train one model together, as torchrun starts them: one for each GPU or machine.

Each of them sees its share of every batch; losses and gradients are means over all.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import distributed

from toonseg.engines.base import world_size
from toonseg.errors import EngineError

T = TypeVar("T")


def rank() -> int:
    """The number of this process, from 0."""
    return int(os.environ.get("RANK", "0"))


@contextmanager
def together(device: torch.device, batch: int) -> Iterator[None]:
    """Join the other processes for a while, if there are any. Raises EngineError for too small a batch."""
    processes = world_size()
    if processes == 1:
        yield
        return
    if batch % processes:
        raise EngineError(
            f"train.batch is {batch} for {processes} processes: make it a multiple, each takes its share"
        )
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
        distributed.barrier()
    finally:
        distributed.destroy_process_group()


def own_device(device: torch.device) -> torch.device:
    """The GPU of this process, where it has one for itself."""
    if device.type == "cuda" and world_size() > 1:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        return torch.device("cuda", torch.cuda.current_device())
    return device


def share(items: list[T]) -> list[T]:
    """The part of a batch that is this process's."""
    return items[rank() :: world_size()]


def mean(values: torch.Tensor) -> torch.Tensor:
    """The mean of a tensor over all processes."""
    if world_size() > 1:
        distributed.all_reduce(values)
        values /= world_size()
    return values

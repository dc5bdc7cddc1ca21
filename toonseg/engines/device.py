"""Where and how torch computes: the device, and threads and seed for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from toonseg.engines.base import Device, TrainParams
from toonseg.errors import EngineError


def choose_device(wanted: Device) -> torch.device:
    """The torch device of that name; ``auto`` is the fastest there is. Raises EngineError without it."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return torch.device(next(name for name, usable in there.items() if usable))
    if not there[wanted]:
        raise EngineError(f"this machine offers torch no device '{wanted}': set device to auto or cpu")
    return torch.device(wanted)


@contextmanager
def repeatable(params: TrainParams) -> Iterator[None]:
    """Compute with the threads and the seed of ``params``, and leave torch's own as they were."""
    threads = torch.get_num_threads()
    torch.set_num_threads(params.threads)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(params.seed)
            yield
    finally:
        torch.set_num_threads(threads)

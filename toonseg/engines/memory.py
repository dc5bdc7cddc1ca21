"""How much memory there is, how much was used, and whether an error says that it ended."""

import gc
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import psutil
import torch

from toonseg.errors import EngineError

# What errors on a CPU say when it ended; the fourth is oneDNN's, the last are OpenCV's.
_ENDED = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "could not create a primitive",
    "insufficient memory",
    "failed to allocate",
)


def ran_out(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on a GPU or in the machine."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    told = isinstance(error, RuntimeError | cv2.error)
    return told and any(words in str(error).lower() for words in _ENDED)


@contextmanager
def enough(doing: str, advice: str) -> Iterator[None]:
    """Turn an error that says that memory ran out into an EngineError: during what, and what to lower."""
    try:
        yield
    except (RuntimeError, MemoryError, cv2.error) as error:
        if not ran_out(error):
            raise
        raise EngineError(f"memory ran out while {doing}: {advice}") from None


def release(device: torch.device) -> None:
    """Give back what nothing uses any more."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def forget_peak(device: torch.device) -> None:
    """Let ``peak_bytes`` begin anew, where the device can (a GPU of NVIDIA)."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def peak_bytes(device: torch.device) -> int:
    """The most memory that was used at a time: on a GPU by tensors, else by the whole process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    if device.type == "mps":
        return torch.mps.driver_allocated_memory()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def there_bytes(device: torch.device) -> int:
    """The memory that is free or this process's already."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device)
    return int(psutil.virtual_memory().available + psutil.Process().memory_info().rss)

"""The state of a training that is under way, so that a killed run can go on as if nothing had been.

Every random draw of a training is a function of its seed and the iteration, so the iteration stands for
the generators' states and the sampler's place.
"""

import hashlib
import io
import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from toonseg.errors import EngineError
from toonseg.store import write_bytes

_FORMAT = 3


@dataclass(frozen=True)
class Checkpoint:
    """``history`` holds the losses of every iteration done; the states are torch's state dicts."""

    iteration: int
    model: dict[str, Any]
    optimiser: dict[str, Any]
    history: list[dict[str, float]]
    scaler: dict[str, Any]  # of the losses, where the precision is fp16
    scores: list[tuple[int, float]]  # of the validation set
    best: dict[str, Any]  # the model's state that it liked best, where that is to be kept


def fingerprint(*parts: Any) -> str:
    """Digest of what makes a training what it is: values that JSON can hold."""
    text = json.dumps([_FORMAT, torch.__version__, *parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def checkpoint_path(folder: Path) -> Path:
    """Where the one checkpoint of a run lies."""
    return folder / "last.pt"


def write_checkpoint(folder: Path, mark: str, checkpoint: Checkpoint) -> None:
    """Put a checkpoint of the training with the fingerprint ``mark`` in place of the last, whole."""
    state = io.BytesIO()  # written by Python, which says so when the disk is full
    torch.save({"fingerprint": mark, **vars(checkpoint)}, state)
    write_bytes(checkpoint_path(folder), state.getvalue())


def read_checkpoint(folder: Path, mark: str) -> tuple[Checkpoint | None, str]:
    """The checkpoint of the training with the fingerprint ``mark``, and a sentence for the user.

    Without one that can be used it gives None, and says why unless there is none at all. Raises EngineError
    when a folder stands in its place.
    """
    path = checkpoint_path(folder)
    if not path.exists():
        return None, ""
    if path.is_dir():
        raise EngineError(f"{path} is a folder, where the state of a training belongs: remove it")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        found = state.pop("fingerprint")
        checkpoint = Checkpoint(**state)
    except (RuntimeError, EOFError, KeyError, TypeError, AttributeError, pickle.UnpicklingError):
        return None, f"{path} is damaged: training starts anew"
    if found != mark:
        return None, f"{path} is of other parameters, data or libraries: training starts anew"
    return checkpoint, f"training goes on after iteration {checkpoint.iteration}, from {path}"


def remove_checkpoint(folder: Path) -> None:
    """Forget the checkpoint of a run that is done."""
    checkpoint_path(folder).unlink(missing_ok=True)

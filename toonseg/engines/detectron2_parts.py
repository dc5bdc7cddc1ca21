"""What the engine ``detectron2`` adds to Detectron2's trainer, so that a run can be repeated and resumed."""

import itertools
import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from detectron2.data.samplers import TrainingSampler
from detectron2.engine import HookBase


class Later(TrainingSampler):  # type: ignore[misc]  # Detectron2 has no types
    """Detectron2's endless shuffle, without the ``skipped`` pictures that an earlier run has seen."""

    def __init__(self, size: int, seed: int, skipped: int) -> None:
        super().__init__(size, seed=seed)
        self._skipped = skipped

    def __iter__(self) -> Iterator[int]:
        yield from itertools.islice(super().__iter__(), self._skipped, None)


class Seed(HookBase):  # type: ignore[misc]
    """Before each step, make all that is random a function of the seed and the iteration."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def before_step(self) -> None:
        """Seed every generator."""
        value = int(np.random.SeedSequence([self._seed, self.trainer.iter]).generate_state(1)[0])
        random.seed(value)
        np.random.seed(value)  # what Detectron2's augmentations draw from
        torch.manual_seed(value)


class Clock(HookBase):  # type: ignore[misc]
    """How long each step took."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def before_step(self) -> None:
        """Start."""
        self._began_s = time.perf_counter()

    def after_step(self) -> None:
        """Stop."""
        self.seconds.append(time.perf_counter() - self._began_s)


class Autocast(torch.nn.Module):
    """A model that computes in half precision where Detectron2's AMPTrainer, made for CUDA, does not."""

    def __init__(self, model: torch.nn.Module, device: str, kind: torch.dtype) -> None:
        super().__init__()
        self._model, self._device, self._kind = model, device, kind

    def forward(self, batch: Any) -> Any:
        """The losses of a batch."""
        with torch.autocast(self._device, self._kind):
            return self._model(batch)


@contextmanager
def quiet() -> Iterator[None]:
    """Detectron2 logs every step and every fault of its own; ours tells what a user needs."""
    loggers = [logging.getLogger(name) for name in ("detectron2", "fvcore", "torch.fx")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)

"""What the engine ``detectron2`` adds to Detectron2's trainer, so that a run can be repeated and resumed."""

import itertools
import json
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

from toonseg.engines.base import Step, TrainParams, Watcher
from toonseg.engines.validation import Validation
from toonseg.engines.zoo import SafeCheckpointer

STATE = "detectron2"  # name of the checkpoint, without its .pth


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


class Teller(HookBase):  # type: ignore[misc]
    """After each step, remember its losses and tell the watcher."""

    def __init__(
        self,
        params: TrainParams,
        history: list[dict[str, float]],
        optimiser: torch.optim.Optimizer,
        watch: Watcher,
    ) -> None:
        self._params, self._history, self._optimiser, self._watch = params, history, optimiser, watch

    def before_step(self) -> None:
        """Look at the rate."""
        self._rate = self._optimiser.param_groups[0]["lr"]

    def after_step(self) -> None:
        """Tell."""
        latest = self.trainer.storage.latest()
        losses = {name: value for name, (value, _) in latest.items() if name.startswith("loss_")}
        losses = {"loss": latest["total_loss"][0], **losses}
        self._history.append({name: round(float(value), 6) for name, value in losses.items()})
        done = len(self._history)
        self._watch.step(Step(done, self._params.iterations, self._rate, self._history[-1], replayed=False))


class Keeper(HookBase):  # type: ignore[misc]
    """Every few steps, write a checkpoint by Detectron2's checkpointer."""

    def __init__(
        self,
        params: TrainParams,
        history: list[dict[str, float]],
        saver: SafeCheckpointer,
        mark: str,
        validation: Validation | None,
    ) -> None:
        self._params, self._history, self._saver, self._mark = params, history, saver, mark
        self._validation = validation

    def after_step(self) -> None:
        """Write it when it is due."""
        done = len(self._history)
        if done % self._params.checkpoint_every == 0 and done < self._params.iterations:
            self._saver.save(
                STATE,
                fingerprint=self._mark,
                history=json.dumps(self._history),
                scores=self._validation.scores if self._validation else [],
                best=self._validation.best if self._validation else {},
            )


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

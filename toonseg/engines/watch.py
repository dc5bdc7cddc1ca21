"""Show how a training goes: a bar on a terminal, lines in a log, and curves by dvclive."""

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from toonseg.engines.base import Step
from toonseg.store import whole_folder


class Listener:
    """A Watcher that prints notes alone; ``silent`` for a process that another one speaks for."""

    def __init__(self, *, silent: bool = False) -> None:
        self._silent = silent

    def step(self, step: Step) -> None:
        """Nothing is shown."""

    def score(self, iteration: int, ap: float) -> None:
        """Nothing is shown."""

    def note(self, sentence: str) -> None:
        """Print it."""
        if not self._silent:
            print(f"train: {sentence}", file=sys.stderr)


class TrainingLog:
    """A Watcher for a stage: curves of losses and learning rate go to the folder ``live`` as they come.

    A point of a curve, like a line of the log, is the mean over ``every`` iterations.
    """

    def __init__(self, live: Path, every: int) -> None:
        from dvclive.live import Live
        from tqdm import tqdm

        self._folder = live
        self._every = every
        self._live = Live(dir=str(live), save_dvc_exp=False, dvcyaml=None, report=None, monitor_system=False)
        self._tqdm = tqdm
        self._bar = tqdm(desc="train", unit="it", disable=None, leave=False)
        self._recent: list[dict[str, float]] = []
        self._started_s: float | None = None
        self._started_after = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()
        self._live.end()  # type: ignore[no-untyped-call]

    def note(self, sentence: str) -> None:
        """Print it on a line of its own."""
        self._tqdm.write(f"train: {sentence}", file=sys.stderr)

    def step(self, step: Step) -> None:
        """Move the bar, and every few iterations add a point to the curves and a line to the log."""
        if self._started_s is None and not step.replayed:
            self._started_s, self._started_after = time.monotonic(), step.iteration
        self._recent.append(step.losses)
        if step.iteration % self._every and step.iteration != step.iterations:
            self._advance(step, {})
            return
        means = {name: float(np.mean([losses[name] for losses in self._recent])) for name in step.losses}
        self._recent.clear()
        self._live.step = step.iteration
        for name, value in {**means, "learning_rate": step.learning_rate}.items():
            self._live.log_metric(name, float(f"{value:.6g}"))
        self._advance(step, means)

    def score(self, iteration: int, ap: float) -> None:
        """Add a point to the curve, and a line to the log."""
        self._live.step = iteration
        self._live.log_metric("validation_ap", ap)
        spent = f" ({(time.monotonic() - self._started_s) / 60:.1f} min)" if self._started_s else ""
        self._tqdm.write(f"train: iteration {iteration}{spent}: mask AP {ap:.1f} on the validation set")

    def publish(self, plots: Path) -> None:
        """Put a copy of the curves in place of the folder ``plots``: a TSV each, with its step."""
        with whole_folder(plots) as aside:
            for curve in sorted((self._folder / "plots" / "metrics").glob("*.tsv")):
                (aside / curve.name).write_bytes(curve.read_bytes())

    def _advance(self, step: Step, means: dict[str, float]) -> None:
        """Show where the training is; a plain line only where no bar is seen."""
        self._bar.total = step.iterations
        self._bar.n = step.iteration
        if means:
            parts = ", ".join(f"{name.removeprefix('loss_')} {value:.3f}" for name, value in means.items())
            self._bar.set_postfix_str(parts)
            if self._bar.disable and not step.replayed:
                print(
                    f"train: iteration {step.iteration} of {step.iterations}, {parts}, "
                    f"rate {step.learning_rate:.2g}{self._time_left(step)}",
                    flush=True,
                )
        self._bar.refresh()

    def _time_left(self, step: Step) -> str:
        """Time left at the pace of this run so far."""
        done = step.iteration - self._started_after
        if self._started_s is None or not done:
            return ""
        seconds = (time.monotonic() - self._started_s) / done * (step.iterations - step.iteration)
        return f", {seconds / 60:.1f} min left"

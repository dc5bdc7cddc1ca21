"""What each run of a stage took: a line of data/times.jsonl, which neither DVC nor Git looks at."""

import argparse
import json
import os
import re
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from toonseg.errors import ToonsegError

TIMES = Path("data/times.jsonl")


@dataclass(frozen=True)
class StageTime:
    """One run of a stage: when it began (UTC), seconds by the wall and of all cores, and peak memory.

    ``peak_mb`` is that of the largest process; ``processes`` of ``toonseg.parallel`` are counted in the
    seconds of all cores. ``ended`` is ``done``, or ``failed``.
    """

    stage: str
    began: str
    seconds: float
    cpu_seconds: float
    peak_mb: int
    ended: str

    @property
    def cost(self) -> str:
        """What it took, in words."""
        return f"{self.seconds:.1f} s, {self.cpu_seconds:.1f} CPU-s, {self.peak_mb} MB"


class Stopwatch:
    """Measures this process and those that it waited for, from here on."""

    def __init__(self) -> None:
        self._began = datetime.now(UTC)
        self._started_s = time.monotonic()
        self._spent_s = _cpu_s()

    def read(self, stage: str, ended: str) -> StageTime:
        """What it took until now."""
        return StageTime(
            stage,
            self._began.strftime("%Y-%m-%d %H:%M:%S"),
            round(time.monotonic() - self._started_s, 2),
            round(_cpu_s() - self._spent_s, 2),
            _peak_bytes() >> 20,
            ended,
        )


def note(its: StageTime, path: Path = TIMES) -> None:
    """Add a line to the file, whole: one write, of stages that run at the same time each its own line.

    Where it cannot be written (a full disk, no leave, no folder) nothing is noted: the stage's work is done.
    """
    line = json.dumps(asdict(its), sort_keys=True) + "\n"
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    except OSError:
        return
    try:
        os.write(file, line.encode())
    except OSError:
        return
    finally:
        os.close(file)


def read_times(path: Path = TIMES) -> list[StageTime]:
    """Every run, in the order of their ends; a line that is not whole is skipped.

    Raises ToonsegError where there is no such file, or none that can be read.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        raise ToonsegError(f"{path} does not exist: no stage has run here yet, run `dvc repro`") from None
    except OSError as error:
        raise ToonsegError(
            f"{path} cannot be read ({error.strerror}): move it away, the next stage begins another"
        ) from None
    return [found for found in map(_parsed, lines) if found is not None]


def table(times: list[StageTime], every: bool = False) -> str:
    """The last run of each stage, or every run, below each other, and the sum of their seconds."""
    shown = times if every else list({its.stage: its for its in times}.values())
    width = max((len(its.stage) for its in shown), default=5)
    lines = [f"{'stage':<{width}}  began (UTC)          seconds  CPU-seconds  peak MB  ended"]
    lines += [
        f"{its.stage:<{width}}  {its.began}  {its.seconds:>8.1f}  {its.cpu_seconds:>11.1f}  "
        f"{its.peak_mb:>7}  {its.ended}"
        for its in shown
    ]
    seconds, cpu_s = sum(its.seconds for its in shown), sum(its.cpu_seconds for its in shown)
    lines.append(f"{'all':<{width}}  {'':19}  {seconds:>8.1f}  {cpu_s:>11.1f}")
    return "\n".join(lines)


def add_times(parser: argparse.ArgumentParser) -> None:
    """Give the parser of `toonseg times` its arguments."""
    parser.description = f"Time and memory of the last run of each stage here, from {TIMES}."
    parser.add_argument("--all", action="store_true", help="every run, not only the last of each stage")
    parser.set_defaults(run=_show)


def _show(options: argparse.Namespace) -> int:
    print(table(read_times(), every=options.all))
    return 0


def _parsed(line: str) -> StageTime | None:
    try:
        found = StageTime(**json.loads(line))
        table([found])  # refuses text in place of a number, and the other way round
    except (ValueError, TypeError):
        return None
    return found


def _cpu_s() -> float:
    """CPU-seconds of this process and of those that it waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _peak_bytes() -> int:
    """The most memory that one process held: this one, or one that it waited for."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    unit = 1 if sys.platform == "darwin" else 1024
    its, children = (
        resource.getrusage(who).ru_maxrss * unit for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return max(_own_peak_bytes() or its, children)


def _own_peak_bytes() -> int | None:
    """The most memory that this program held, where Linux tells it.

    ``ru_maxrss`` also counts what the process held before it became this program: that of the one which
    started it, DVC with its tables, say.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) << 10 if found else None

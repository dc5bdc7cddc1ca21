"""Cut the episodes that a user has: several side by side, the fault of one no harm to the others.

OpenCV is imported only where an episode is cut: worker processes need not wait until it is here, too.
"""

import errno
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from toonseg.console import progress
from toonseg.cutter.wish import TABLE, Wish
from toonseg.errors import ToonsegError
from toonseg.loose import episode_name
from toonseg.parallel import map_episodes
from toonseg.store import write_json


@dataclass(frozen=True)
class Outcome:
    """What became of one episode: its cut as JSON has it, or the sentence that tells its fault."""

    episode: str
    cut: dict[str, Any] | None
    fault: str = ""


def cut_all(
    paths: Sequence[Path], wish: Wish, json_file: Path | None = None, processes: int | None = None
) -> int:
    """Cut the episodes at ``paths``; prints a line for each and gives the exit status.

    ``json_file`` takes the cut of the one episode, or the cuts of several by their names. An episode with
    a fault is told on stderr and makes the status 1; the others are done all the same.
    """
    _check_names(paths, wish)
    if wish.images or wish.preview:
        _make_folder(wish.out)
    done: dict[str, dict[str, Any]] = {}
    faults = 0
    outcomes = map_episodes(partial(_cut, wish=wish), paths, processes)
    for outcome in progress(outcomes, "cut", "episode", len(paths)):
        if outcome.cut is None:
            faults += 1
            print(f"error: {outcome.fault}", file=sys.stderr, flush=True)
        else:
            done[outcome.episode] = outcome.cut
            print(
                f"{outcome.episode}: {len(outcome.cut['panels'])} panels, {len(outcome.cut['texts'])} texts"
            )
    if json_file is not None and done:
        write_json(json_file, next(iter(done.values())) if len(paths) == 1 else done)
    return 1 if faults else 0


def _check_names(paths: Sequence[Path], wish: Wish) -> None:
    """Raise ToonsegError when two episodes would share a name, or a folder that is not ours be replaced."""
    name, count = Counter(episode_name(path) for path in paths).most_common(1)[0]
    if count > 1:
        raise ToonsegError(f"{count} of the episodes are named '{name}': cut them in calls of their own")
    for path in paths if wish.images or wish.preview else ():
        folder = wish.out / episode_name(path)
        if folder.exists() and not (folder / TABLE).exists():
            raise ToonsegError(f"{folder} is there already and holds no {TABLE}: choose another --out")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToonsegError(f"{error.filename}: {error.strerror}: choose another --out") from None


def _cut(path: Path, wish: Wish) -> Outcome:
    from toonseg.cutter.episode import cut_episode

    try:
        return Outcome(episode_name(path), cut_episode(path, wish))
    except ToonsegError as error:
        return Outcome(episode_name(path), None, str(error))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise  # the others would fail as well
        return Outcome(episode_name(path), None, f"{error.filename or path}: {error.strerror}")

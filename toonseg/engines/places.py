"""Whether the places that a command is given will do, asked before the work begins and not at its end."""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from toonseg.errors import EngineError, ToonsegError


def check_above(path: Path) -> None:
    """Raise ToonsegError when ``path`` can be neither made nor replaced, for what is above it."""
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise ToonsegError(f"{above} is a file, so {path} cannot be below it: name another place")
    if not os.access(above, os.W_OK):
        raise ToonsegError(f"{above} cannot be written to: name a place other than {path}")


def check_file(path: Path | None) -> None:
    """Raise ToonsegError when no file can be written to ``path``; None is no place, and will do."""
    if path is None:
        return
    if path.is_dir():
        raise ToonsegError(f"{path} is a folder: name a file in it")
    check_above(path)


def check_folder(path: Path | None) -> None:
    """Raise ToonsegError when no files can be written below ``path``; None is no place, and will do."""
    if path is None:
        return
    if path.exists() and not path.is_dir():
        raise ToonsegError(f"{path} is a file: name a folder")
    check_above(path / "file")


def check_overlays(folder: Path | None, places: Sequence[Path]) -> None:
    """Raise ToonsegError where pictures written to ``folder`` would come among those in ``places``.

    They would replace pictures of the same name, or be taken for pictures the next time.
    """
    if folder is None:
        return
    for place in places:
        source, target = place.resolve(), folder.resolve()
        if target == source.parent if place.is_file() else target.is_relative_to(source):
            raise ToonsegError(
                f"--overlay {folder} would write among the pictures of {place}: name a folder outside"
            )


def check_spared(option: str, outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Raise ToonsegError where one of the files that ``option`` writes is one that is read."""
    there = [path for path in outputs if path.is_file()]
    if not there:
        return
    read = {path.resolve(): path for path in inputs}
    for path in there:
        same = read.get(path.resolve()) or next((one for one in read.values() if _are_one(path, one)), None)
        if same is not None:
            raise ToonsegError(f"{option} would write over {same}, which is read: name another place")


def _are_one(path: Path, other: Path) -> bool:
    """Whether two names are of one file, by links too."""
    return other.exists() and path.samefile(other)


def check_pictures(coco: dict[str, Any], folder: Path, which: str) -> None:
    """Raise EngineError when a picture of a dataset is no file; ``which`` names the dataset."""
    for image in coco["images"]:
        path = folder / image["file_name"]
        if not os.path.isfile(path):  # noqa: PTH113  # Path's raises for a name that no system takes
            fault = "is a folder" if os.path.isdir(path) else "does not exist"  # noqa: PTH112
            raise EngineError(f"{path} is in the {which} set but {fault}: see to --images")


def drop_curves(aside: Path) -> None:
    """Remove the folder of a training that ended before its first checkpoint: nothing can go on from it."""
    if aside.is_dir() and all(path.name == "live" for path in aside.iterdir()):
        shutil.rmtree(aside)

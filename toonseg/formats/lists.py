"""Lists of labelled pictures, one path a line, as ``EPISODE/STEM.json`` or a panel's id.

The label files of 2021 came with such lists, in the order of their images; nothing else tells the
episodes. Other lines (a date, blanks) are no entries.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from toonseg.errors import LabelError
from toonseg.labels.listed import Listing
from toonseg.labels.names import file_stem
from toonseg.labels.regions import LabelledRegion

_PLACE = re.compile(r"\d+-\d+")  # the end of a panel's id


def read_list(path: Path) -> list[tuple[str, str]]:
    """The folder and stem of each entry, in the file's order.

    Raises LabelError when the file is missing, no text, or holds no entry.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise LabelError(f"{path} does not exist: correct its name") from None
    except UnicodeDecodeError:
        raise LabelError(f"{path} is not UTF-8 text") from None
    paths = [PurePosixPath(line.strip().replace("\\", "/")) for line in lines]
    entries = [
        (path.parent.name, path.stem)
        for path in paths
        if path.parent.name and (path.suffix or _PLACE.fullmatch(path.name))
    ]
    if not entries:
        raise LabelError(f"{path}: lists no picture, as EPISODE/STEM on a line")
    return entries


def read_listing(folder: Path) -> Listing:
    """The lists ``train*.txt``, ``val*.txt`` and ``test*.txt`` of a folder.

    Where there is no list for tests, those for validation are for tests, as in 2021. Raises LabelError
    when there is none for training, or none for either of the others.
    """
    sides: dict[str, tuple[tuple[str, str], ...]] = {}
    for side in ("train", "val", "test"):
        files = sorted(folder.glob(f"{side}*.txt"))
        sides[side] = tuple(entry for file in files for entry in read_list(file))
    if not sides["test"]:
        sides["test"], sides["val"] = sides["val"], ()
    if not (sides["train"] and sides["test"]):
        raise LabelError(
            f"{folder}: must hold lists named train*.txt and test*.txt (or val*.txt): add them, or empty "
            "split.lists in params.yaml"
        )
    return Listing(str(folder), **sides)


def episodes_from_list(path: Path, regions: Sequence[LabelledRegion]) -> list[LabelledRegion]:
    """Give regions, in the order of their file, the episodes that a list in the same order tells.

    A folder that is no number is no episode: such a region keeps an unknown one. Raises LabelError
    when list and file do not agree in count and order.
    """
    entries = read_list(path)
    if len(entries) != len(regions):
        raise LabelError(
            f"{path}: lists {len(entries)} pictures, but its label file holds {len(regions)}: give each file "
            "its own list"
        )
    found = []
    for number, ((folder, stem), region) in enumerate(zip(entries, regions, strict=True), 1):
        if stem != file_stem(region.source):
            raise LabelError(
                f"{path}, entry {number}: names {stem}, but the label file's image is {region.source}: list "
                "and file must have the same order"
            )
        found.append(replace(region, episode=folder if folder.isdigit() else ""))
    return found

"""Somebody's split, repeated from its lists of pictures."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from toonseg.errors import LabelError
from toonseg.geometry import Box, box_area, intersection
from toonseg.labels.names import file_stem
from toonseg.labels.regions import LabelledRegion
from toonseg.records import Panel
from toonseg.splits import Split

Entry = tuple[str, str]  # episode (or any folder) and stem


@dataclass(frozen=True)
class Listing:
    """The entries of each side, and where they come from."""

    name: str
    train: tuple[Entry, ...]
    val: tuple[Entry, ...]
    test: tuple[Entry, ...]


def listed_split(
    listing: Listing, panels: Sequence[Panel], regions: Iterable[LabelledRegion]
) -> tuple[Split, Mapping[str, int]]:
    """The sides of the labelled ``panels`` as lists tell them, and what could not be matched.

    An entry is a panel (``EPISODE/Y0-X0``), or a labelled picture (``EPISODE/STEM`` of its file), which
    stands for the panels that lie mostly in it. A panel that no list names is on no side. Raises LabelError
    when a panel is named for two sides, or one side of train and test stays empty.
    """
    named = _panels_by_entry(panels, regions)
    sides: dict[str, str] = {}
    absent = 0
    for side in ("train", "val", "test"):
        for entry in getattr(listing, side):
            found = named.get(entry, [])
            absent += not found
            for panel in found:
                if sides.setdefault(panel, side) != side:
                    raise LabelError(
                        f"{listing.name}: lists {'/'.join(entry)} (panel {panel}) for {sides[panel]} and for "
                        f"{side}: leave it in one"
                    )
    split = Split(
        *(
            tuple(sorted(panel for panel, its in sides.items() if its == side))
            for side in ("train", "val", "test")
        )
    )
    if not (split.train and split.test):
        empty = "train" if not split.train else "test"
        raise LabelError(
            f"{listing.name}: no picture that it lists for {empty} is a labelled panel of a known place: "
            "correct the list, place its regions (`toonseg labels locate`), or empty split.lists"
        )
    return split, {"entries_without_panel": absent, "panels_not_listed": len(panels) - len(sides)}


def _panels_by_entry(panels: Sequence[Panel], regions: Iterable[LabelledRegion]) -> dict[Entry, list[str]]:
    """The ids of the panels that each possible entry stands for."""
    named: dict[Entry, list[str]] = defaultdict(list)
    near: dict[tuple[str, str], list[LabelledRegion]] = defaultdict(list)
    for region in regions:
        if region.placed:
            near[region.series, region.episode].append(region)
    for panel in panels:
        named[panel.episode, f"{panel.y0:06d}-{panel.x0:04d}"].append(panel.id)
        box = panel.x0, panel.y0, panel.x1, panel.y1
        under = max(
            near[panel.series, panel.episode], key=lambda region: _shared(box, region.box), default=None
        )
        if under is not None and 2 * _shared(box, under.box) > box_area(box):
            entry = panel.episode, file_stem(under.source)
            if panel.id not in named[entry]:
                named[entry].append(panel.id)
    return named


def _shared(one: Box, other: Box) -> int:
    return box_area(intersection(one, other))

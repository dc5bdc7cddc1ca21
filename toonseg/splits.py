"""Which panels a model learns from, and which it is tested on.

The panels of a series are put in an order of which every beginning is a fair sample: its classes
stand in the same proportion as in the whole. Training takes the beginning, testing the rest. The
order does not depend on the ratio, so a larger ratio only moves panels from test to train.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Gt, Le, Lt

from toonseg.errors import ToonsegError

# How many groups, in a seeded shuffle, compete for the next place of the order: more keep classes
# nearer to their share, fewer leave more to the seed. With 12, of 300 drawn panels each of eight
# classes was within .6 points of its share on average (1: 2.0, 32: .5), and seeds gave unlike splits.
WINDOW = 12


@dataclass(frozen=True)
class SplitParams:
    """How labels become datasets of train and test; params.yaml tells each key's effect."""

    train: Annotated[float, Gt(0), Lt(1)]
    seed: Annotated[int, Ge(0)]
    by: Literal["panel", "episode"]
    min_visible: Annotated[float, Ge(0), Le(1)]
    min_labelled: Annotated[float, Gt(0), Le(1)]


@dataclass(frozen=True)
class Item:
    """A panel to place: panels of one ``group`` always come on the same side.

    ``counts`` says how many instances of each class it holds.
    """

    id: str
    series: str
    group: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Split:
    """The ids of both sides, sorted; together they are all the items, and none is on both."""

    train: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class _Group:
    name: str
    ids: tuple[str, ...]
    counts: Mapping[str, int]


def split_panels(items: Iterable[Item], train: float, seed: int) -> Split:
    """Split panels so that a share ``train`` of them is for training, in all, per series and class.

    With groups of one panel, the whole is met to the panel and each series is less than one panel
    off. With larger groups each series comes as near as whole groups allow. The order of the items
    does not matter. A group belongs to the series of its first panel.

    Raises ToonsegError when one side would be empty.
    """
    series = _grouped(items)
    total = sum(_size(groups) for groups in series.values())
    sizes = {name: _size(groups) for name, groups in series.items()}
    quotas = apportion(sizes, int(train * total + 0.5))
    chosen: set[str] = set()
    for name, groups in series.items():
        ordered = _fair_order(groups, seed)
        taken = ordered[: _nearest([len(group.ids) for group in ordered], quotas[name])]
        chosen.update(id_ for group in taken for id_ in group.ids)
    if not 0 < len(chosen) < total:
        empty, advice = ("training", "raise") if not chosen else ("testing", "lower")
        raise ToonsegError(
            f"params.yaml, section 'split': train {train} leaves no panel for {empty} out of {total} "
            f"labelled ones in {sum(map(len, series.values()))} groups: {advice} it, or label more"
        )
    every = {id_ for groups in series.values() for group in groups for id_ in group.ids}
    return Split(tuple(sorted(chosen)), tuple(sorted(every - chosen)))


def apportion(sizes: Mapping[str, int], seats: int) -> dict[str, int]:
    """Share ``seats`` out by size: each gets its exact share rounded down or up, and the sum is met.

    One more seat takes none away from anyone, which rounding the largest remainders does not promise.
    The quota method of Balinski and Young, "The quota method of apportionment" (1975): the next seat
    goes to the largest size per seat, among those whose exact share is not yet filled.

    >>> apportion({"a": 50, "b": 30, "c": 20}, 7)
    {'a': 4, 'b': 2, 'c': 1}
    """
    total = sum(sizes.values())
    if not 0 <= seats <= total:
        raise ValueError(f"{seats} seats cannot be shared out among {total}")
    given = dict.fromkeys(sizes, 0)
    for seat in range(1, seats + 1):
        open_ = [name for name in sizes if given[name] * total < seat * sizes[name]]
        best = min(open_, key=lambda name: (-sizes[name] / (given[name] + 1), name))
        given[best] += 1
    return given


def _grouped(items: Iterable[Item]) -> dict[str, list[_Group]]:
    """The groups of each series, both sorted by name."""
    members: dict[str, list[Item]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item.id):
        members[item.group].append(item)
    series: dict[str, list[_Group]] = defaultdict(list)
    for name, group in sorted(members.items()):
        counts: Counter[str] = Counter()
        for item in group:
            counts.update(item.counts if any(item.counts.values()) else {"": 1})
        series[group[0].series].append(_Group(name, tuple(item.id for item in group), counts))
    return dict(sorted(series.items()))


def _fair_order(groups: Sequence[_Group], seed: int) -> list[_Group]:
    """Order groups so that each beginning holds every class in proportion to its panels.

    The next place goes to the group, of the ``WINDOW`` first in a seeded shuffle (a quarter of them
    where they are few), after which the counts lie nearest to their share: the sum over classes of
    deviation squared over the class's total, as in a chi-square, so a rare class weighs as much as a
    common one. Panels without any instance count as a class of their own. After iterative
    stratification (Sechidis, Tsoumakas and Vlahavas 2011), which fills sides of given ratios; an order
    serves all ratios at once.
    """
    waiting = sorted(groups, key=lambda group: _shuffle_key(seed, group.name))
    classes = sorted({name for group in groups for name, count in group.counts.items() if count})
    counts = np.array([[group.counts.get(name, 0) for name in classes] for group in waiting], dtype=float)
    sizes = np.array([len(group.ids) for group in waiting], dtype=float)
    totals, panels = counts.sum(axis=0), sizes.sum()

    wide = min(WINDOW, 1 + len(waiting) // 4)
    pending = list(range(len(waiting)))
    ordered, so_far, placed = [], np.zeros(len(classes)), 0.0
    while pending:
        window = pending[:wide]
        due = np.outer((placed + sizes[window]) / panels, totals)
        off = (((so_far + counts[window] - due) ** 2) / totals).sum(axis=1)
        index = pending.pop(int(np.argmin(off)))
        so_far, placed = so_far + counts[index], placed + sizes[index]
        ordered.append(waiting[index])
    return ordered


def _nearest(sizes: Sequence[int], quota: int) -> int:
    """How many of the first groups come nearest to ``quota`` panels; fewer when two are as near."""
    sums: npt.NDArray[np.int64] = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    return int(np.argmin(np.abs(sums - quota)))


def _shuffle_key(seed: int, name: str) -> tuple[bytes, str]:
    return hashlib.sha256(f"{seed}/{name}".encode()).digest(), name


def _size(groups: Collection[_Group]) -> int:
    return sum(len(group.ids) for group in groups)

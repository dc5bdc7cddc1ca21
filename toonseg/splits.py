"""Which panels a model learns from, which it is tuned on, and which it is tested on.

The panels of a series are dealt to strata of alike ones (their rarest class, how many instances they
hold). In each stratum they stand in the order of a hash of their names, and training takes the
beginning, validation what follows, testing the rest, each as much as its share. A hash depends on
nothing else, so a changed ratio moves panels one way only, and added panels move few of the others.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Gt, Le, Lt

from toonseg.errors import ToonsegError

# Groups that a stratum holds at least; the panels of smaller ones are put together. With fewer, whole
# panels cannot meet a share such as .8, and names would decide more than their hashes.
SMALLEST_STRATUM = 5


@dataclass(frozen=True)
class SplitParams:
    """How labels become datasets of train, val and test; params.yaml tells each key's effect."""

    train: Annotated[float, Gt(0), Lt(1)]
    val: Annotated[float, Ge(0), Lt(1)]
    seed: Annotated[int, Ge(0)]
    by: Literal["panel", "episode"]
    lists: str
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
    """The ids of each side, sorted; together they are all the items, and none is on two sides."""

    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class _Group:
    name: str
    series: str
    ids: tuple[str, ...]
    counts: Mapping[str, int]


_Strata: TypeAlias = dict[str, dict[str, list[_Group]]]  # by series, then by the name of the stratum


def split_panels(items: Iterable[Item], train: float, val: float, seed: int) -> Split:
    """Split panels so that shares ``train`` and ``val`` are for training and validation, the rest for tests.

    With groups of one panel, the whole is met to the panel and each series is less than one panel
    off. With larger groups each stratum comes as near as whole groups allow, with at least one group on
    each side of a stratum of several. The order of the items does not matter. A group belongs to the
    series of its first panel; series of a single group are dealt with together.

    Raises ToonsegError when training or testing (or validation, where asked for) would be empty.
    """
    groups = _grouped(items)
    total = sum(len(group.ids) for group in groups)
    if train + val >= 1:
        raise ToonsegError(
            f"params.yaml, section 'split': train {train} and val {val} leave nothing for testing: lower one"
        )
    strata = _stratified(groups, seed)
    in_train = _beginnings(strata, int(train * total + 0.5))
    learned = in_train | _beginnings(strata, int((train + val) * total + 0.5)) if val else in_train
    every = {id_ for group in groups for id_ in group.ids}
    sides = {"training": in_train, "validation": learned - in_train, "testing": every - learned}
    for name, side in sides.items():
        if not side and (val or name != "validation"):
            raise ToonsegError(_emptiness(name, train, val, groups, total))
    return Split(*(tuple(sorted(side)) for side in sides.values()))


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


def joined_groups(groups: Sequence[str], pairs: Iterable[tuple[int, int]]) -> list[str]:
    """The groups of items when paired ones must not be parted; a joined group has its first one's name.

    >>> joined_groups(["b", "a", "c"], [(0, 1)])
    ['a', 'a', 'c']
    """
    parent = {name: name for name in groups}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for first, second in pairs:
        low, high = sorted((root(groups[first]), root(groups[second])))
        parent[high] = low
    return [root(name) for name in groups]


def _grouped(items: Iterable[Item]) -> list[_Group]:
    """The groups, sorted by name."""
    members: dict[str, list[Item]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item.id):
        members[item.group].append(item)
    groups = []
    for name, group in sorted(members.items()):
        counts: Counter[str] = Counter()
        for item in group:
            counts.update({key: count for key, count in item.counts.items() if count})
        groups.append(_Group(name, group[0].series, tuple(item.id for item in group), counts))
    return groups


def _stratified(groups: Sequence[_Group], seed: int) -> _Strata:
    """The groups by series and stratum, each stratum in the order of its names' hashes."""
    of_series = Counter(group.series for group in groups)
    common = Counter(name for group in groups for name in group.counts)
    strata: _Strata = defaultdict(lambda: defaultdict(list))
    for group in sorted(groups, key=lambda group: _shuffle_key(seed, group.name)):
        series = group.series if of_series[group.series] > 1 else ""
        strata[series][_kind(group, common)].append(group)
    return {series: _without_small(kinds, seed) for series, kinds in sorted(strata.items())}


def _kind(group: _Group, common: Mapping[str, int]) -> str:
    """What a group is alike with: its rarest class, and the order of magnitude of its instances."""
    if not group.counts:
        return "empty"
    rarest = min(group.counts, key=lambda name: (common[name], name))
    return f"{rarest} {sum(group.counts.values()).bit_length()}"


def _without_small(kinds: Mapping[str, list[_Group]], seed: int) -> dict[str, list[_Group]]:
    """The strata, with the small ones put together as one."""
    large = {kind: groups for kind, groups in sorted(kinds.items()) if len(groups) >= SMALLEST_STRATUM}
    rest = [group for kind, groups in kinds.items() if kind not in large for group in groups]
    if rest:
        large["rest"] = sorted(rest, key=lambda group: _shuffle_key(seed, group.name))
    return large


def _beginnings(strata: _Strata, seats: int) -> set[str]:
    """The ids of the groups that stand in the beginnings of the strata, ``seats`` as near as they can."""
    quotas = apportion({series: _size(kinds) for series, kinds in strata.items()}, seats)
    chosen: set[str] = set()
    for series, kinds in strata.items():
        shares = apportion({kind: _panels(groups) for kind, groups in kinds.items()}, quotas[series])
        for kind, groups in kinds.items():
            taken = groups[: _nearest([len(group.ids) for group in groups], shares[kind])]
            chosen.update(id_ for group in taken for id_ in group.ids)
    return chosen


def _nearest(sizes: Sequence[int], quota: int) -> int:
    """How many of the first groups come nearest to ``quota`` panels; fewer when two are as near.

    None or all only where the quota is none or all.
    """
    sums: npt.NDArray[np.int64] = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    nearest = int(np.argmin(np.abs(sums - quota)))
    if len(sizes) > 1 and 0 < quota < sums[-1]:
        return min(max(nearest, 1), len(sizes) - 1)
    return nearest


def _emptiness(name: str, train: float, val: float, groups: Sequence[_Group], total: int) -> str:
    """A sentence about a side that would be empty."""
    key = f"train {train}" + (f", val {val}" if val else "")
    sentence = f"params.yaml, section 'split': {key} leaves no panel for {name} out of {total} labelled ones"
    if len(groups) < (3 if val else 2):
        kept = "1 group" if len(groups) == 1 else f"{len(groups)} groups"
        return (
            f"{sentence}, since they form {kept} that must stay together: label another episode, or set "
            "split.by to panel"
        )
    advice = {"training": "raise train", "validation": "raise val", "testing": "lower train"}[name]
    return f"{sentence} in {len(groups)} groups: {advice}, or label more"


def _shuffle_key(seed: int, name: str) -> tuple[bytes, str]:
    return hashlib.sha256(f"{seed}/{name}".encode()).digest(), name


def _panels(groups: Iterable[_Group]) -> int:
    return sum(len(group.ids) for group in groups)


def _size(kinds: Mapping[str, Sequence[_Group]]) -> int:
    return sum(_panels(groups) for groups in kinds.values())

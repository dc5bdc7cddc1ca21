"""From labels and panels to the datasets of train, val and test."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toonseg.errors import LabelError
from toonseg.labels.alike import Fingerprints, near_duplicates
from toonseg.labels.listed import Listing, listed_split
from toonseg.labels.project import FATES, LabelledPanel, Projection, project
from toonseg.labels.regions import LabelledRegion
from toonseg.records import Panel
from toonseg.splits import Item, Split, SplitParams, joined_groups, split_panels

Pairs = Sequence[tuple[int, int]]
_ALWAYS = ("train", "test", "unlabelled")  # the counts that are told where they are 0 too


@dataclass(frozen=True)
class NearDuplicates:
    """The ids of two labelled panels that are near-duplicates, the first one earlier."""

    first: str
    second: str


@dataclass(frozen=True)
class ClassInstances:
    """How many instances of a class each side holds."""

    name: str
    train: int
    val: int
    test: int


@dataclass(frozen=True)
class SeriesPanels:
    """How many panels of a series each side holds, how many have no labels, and how many no list names."""

    series: str
    train: int
    val: int
    test: int
    unlabelled: int
    not_listed: int


@dataclass(frozen=True)
class Dataset:
    """The labelled panels of each side, sorted by series, episode and place, and what was counted.

    ``counts`` are the sums, ``classes`` and ``series`` their parts: a row for each, in the order of
    the classes' ids and of the series' names. ``near_duplicates`` are all such pairs, sorted by place.
    """

    train: tuple[LabelledPanel, ...]
    val: tuple[LabelledPanel, ...]
    test: tuple[LabelledPanel, ...]
    counts: dict[str, Any]
    classes: tuple[ClassInstances, ...]
    series: tuple[SeriesPanels, ...]
    near_duplicates: tuple[NearDuplicates, ...]


def build_dataset(
    panels: Iterable[Panel],
    regions: Sequence[LabelledRegion],
    classes: Sequence[str],
    params: SplitParams,
    look: Callable[[Sequence[Panel]], Fingerprints],
    listing: Listing | None = None,
) -> Dataset:
    """Project the labels on the panels and split those that are labelled.

    ``look`` gives the fingerprints (``alike.fingerprint``) of the panels that it is asked for, a row each.
    With a ``listing``, its lists decide the sides. Raises LabelError when no panel is labelled or listed,
    ToonsegError when one side would be empty.
    """
    projection = project(panels, regions, params.min_visible, params.min_labelled)
    if not projection.labelled:
        raise LabelError(
            f"none of the {len(projection.unlabelled)} panels lies in a labelled region: add labels to "
            "data/labels for a series of params.yaml, or lower split.min_labelled"
        )
    pairs = near_duplicates(projection.labelled, look)
    if listing:
        split, told = listed_split(listing, [shown.panel for shown in projection.labelled], regions)
    else:
        items = _items(projection.labelled, params.by, pairs)
        split, told = split_panels(items, params.train, params.val, params.seed), {}
    sides = {
        name: tuple(shown for shown in projection.labelled if shown.panel.id in ids)
        for name, ids in (("train", set(split.train)), ("val", set(split.val)), ("test", set(split.test)))
    }
    panels_of = _panels_of(projection, sides, split)
    held = {name: _held(shown) for name, shown in sides.items()}
    counts = {
        "panels": {name: len(its) for name, its in panels_of.items() if its or name in _ALWAYS},
        "instances": {name: its.total() for name, its in held.items() if its or name in _ALWAYS},
        "labels": _fates(projection),
        "regions": {
            "placed": sum(region.placed for region in regions),
            "unplaced": sum(not region.placed for region in regions),
        },
        "leaks": _leaks(projection.labelled, pairs, split),
    }
    if told:
        counts["lists"] = dict(told)
    ids = [shown.panel.id for shown in projection.labelled]
    alike = tuple(NearDuplicates(ids[first], ids[second]) for first, second in pairs)
    return Dataset(
        sides["train"],
        sides["val"],
        sides["test"],
        counts,
        tuple(ClassInstances(name, **{side: its[name] for side, its in held.items()}) for name in classes),
        _per_series(panels_of),
        alike,
    )


def _items(labelled: Sequence[LabelledPanel], by: str, pairs: Pairs) -> list[Item]:
    """The panels to place; near-duplicates, and the panels of an episode where asked, share a group."""
    names = [
        shown.panel.id if by == "panel" else f"{shown.panel.series}/{shown.panel.episode}"
        for shown in labelled
    ]
    return [
        Item(shown.panel.id, shown.panel.series, group, _kept(shown))
        for shown, group in zip(labelled, joined_groups(names, pairs), strict=True)
    ]


def _kept(shown: LabelledPanel) -> Counter[str]:
    return Counter(annotation.name for annotation in shown.annotations if not annotation.ignored)


def _panels_of(
    projection: Projection, sides: Mapping[str, Sequence[LabelledPanel]], split: Split
) -> dict[str, list[Panel]]:
    """The panels of each side, those without labels, and the labelled ones that no list names."""
    chosen = {*split.train, *split.val, *split.test}
    return {
        **{name: [of.panel for of in shown] for name, shown in sides.items()},
        "unlabelled": list(projection.unlabelled),
        "not_listed": [of.panel for of in projection.labelled if of.panel.id not in chosen],
    }


def _per_series(panels_of: Mapping[str, Sequence[Panel]]) -> tuple[SeriesPanels, ...]:
    counts = {side: Counter(panel.series for panel in its) for side, its in panels_of.items()}
    return tuple(
        SeriesPanels(name, **{side: its[name] for side, its in counts.items()})
        for name in sorted(set().union(*counts.values()))
    )


def _held(shown: Iterable[LabelledPanel]) -> Counter[str]:
    """How many instances of each class panels hold."""
    return sum(map(_kept, shown), Counter[str]())


def _fates(projection: Projection) -> dict[str, int]:
    """How many labelled instances met each fate."""
    return {fate: sum(count for (_, its), count in projection.fates.items() if its == fate) for fate in FATES}


def _leaks(labelled: Sequence[LabelledPanel], pairs: Pairs, split: Split) -> dict[str, int]:
    """How many panels a model is scored on that have kin among those that it learned from."""
    learned = set(split.train)
    scored = {*split.val, *split.test}
    episodes = {(of.panel.series, of.panel.episode) for of in labelled if of.panel.id in learned}
    twins: dict[str, set[str]] = defaultdict(set)
    for first, second in pairs:
        one, other = labelled[first].panel.id, labelled[second].panel.id
        twins[one].add(other)
        twins[other].add(one)
    return {
        "scored_panels": len(scored),
        "with_their_episode_in_train": sum(
            of.panel.id in scored and (of.panel.series, of.panel.episode) in episodes for of in labelled
        ),
        "with_a_near_duplicate_in_train": sum(bool(twins[id_] & learned) for id_ in scored),
        "near_duplicate_panels": sum(map(bool, twins.values())),
    }

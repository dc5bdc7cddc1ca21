"""From labels and panels to the datasets of train and test."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from toonseg.errors import LabelError
from toonseg.labels.project import FATES, LabelledPanel, Projection, project
from toonseg.labels.regions import LabelledRegion
from toonseg.records import Panel
from toonseg.splits import Item, SplitParams, split_panels


@dataclass(frozen=True)
class Dataset:
    """The labelled panels of both sides, sorted by series, episode and place, and what was counted."""

    train: tuple[LabelledPanel, ...]
    test: tuple[LabelledPanel, ...]
    counts: dict[str, Any]


def build_dataset(
    panels: Iterable[Panel], regions: Iterable[LabelledRegion], classes: Sequence[str], params: SplitParams
) -> Dataset:
    """Project the labels on the panels and split those that are labelled.

    Raises LabelError when no panel is labelled, ToonsegError when one side would be empty.
    """
    projection = project(panels, regions, params.min_visible, params.min_labelled)
    if not projection.labelled:
        raise LabelError(
            f"none of the {len(projection.unlabelled)} panels lies in a labelled region: add labels to "
            "data/labels for a series of params.yaml, or lower split.min_labelled"
        )
    split = split_panels((_item(shown, params) for shown in projection.labelled), params.train, params.seed)
    chosen = set(split.train)
    train = tuple(shown for shown in projection.labelled if shown.panel.id in chosen)
    test = tuple(shown for shown in projection.labelled if shown.panel.id not in chosen)
    return Dataset(train, test, _count(projection, train, test, classes))


def _item(shown: LabelledPanel, params: SplitParams) -> Item:
    panel = shown.panel
    group = panel.id if params.by == "panel" else f"{panel.series}/{panel.episode}"
    return Item(panel.id, panel.series, group, _kept(shown))


def _kept(shown: LabelledPanel) -> Counter[str]:
    return Counter(annotation.name for annotation in shown.annotations if not annotation.ignored)


def _count(
    projection: Projection,
    train: Sequence[LabelledPanel],
    test: Sequence[LabelledPanel],
    classes: Sequence[str],
) -> dict[str, Any]:
    """The figures of metrics/split.json.

    ``panels`` and ``series`` count panels, ``instances`` what the sides hold to learn from and to
    score (not the ignored regions), ``labels`` each labelled instance once, by what became of it.
    """
    sides: dict[str, list[Panel]] = {
        "train": [shown.panel for shown in train],
        "test": [shown.panel for shown in test],
        "unlabelled": list(projection.unlabelled),
    }
    series = sorted({panel.series for side in sides.values() for panel in side})
    return {
        "panels": {side: len(panels) for side, panels in sides.items()},
        "series": {
            name: {side: sum(panel.series == name for panel in panels) for side, panels in sides.items()}
            for name in series
        },
        "instances": {"train": _per_class(train, classes), "test": _per_class(test, classes)},
        "labels": {
            fate: sum(count for (_, its), count in projection.fates.items() if its == fate) for fate in FATES
        },
    }


def _per_class(side: Iterable[LabelledPanel], classes: Sequence[str]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for shown in side:
        counts.update(_kept(shown))
    return {name: counts[name] for name in classes}

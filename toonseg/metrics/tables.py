"""Scores as rows for tables and curves, as mappings for JSON, and as text for the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from unicodedata import east_asian_width

from toonseg.metrics.checks import Results, Truth, check_results, check_truth
from toonseg.metrics.coco import Kind, Score, Scores, score
from toonseg.metrics.counts import ClassCount, Counts, counts
from toonseg.metrics.faults import Faults, faults

ALL = "all"
_SHOWN = {"ap": "AP", "ap50": "AP50", "ap75": "AP75"}
_NAMES = {
    **_SHOWN,
    **{f"ap_{size}": f"AP{size}" for size in ("small", "medium", "large")},
    **{f"ar{limit}": f"AR{limit}" for limit in (1, 10, 100)},
    **{f"ar_{size}": f"AR{size}" for size in ("small", "medium", "large")},
}


@dataclass(frozen=True)
class Report:
    """All that is told of a model's predictions; counts are those from ``count_score`` on."""

    scores: dict[Kind, Scores]
    faults: Faults
    counts: Counts
    count_score: float
    number: dict[str, int]  # of panels, instances, ignored regions and predictions


@dataclass(frozen=True)
class _Scored:
    kind: str
    series: str
    name: str


@dataclass(frozen=True)
class ScoreRow(Score, _Scored):
    """COCO's twelve numbers of one kind, series and class; ``all`` stands for every one of them."""


@dataclass(frozen=True)
class CurvePoint:
    """A point of a class's precision-recall curve, both from 0 to 1."""

    name: str
    recall: float
    precision: float


@dataclass(frozen=True)
class ClassBar:
    """A class's average precision at IoU .50 in percent, for a bar chart."""

    name: str
    n: int
    ap50: float


@dataclass(frozen=True)
class FaultBar:
    """How many errors of a kind there are, and what AP50 would gain without them, in points."""

    kind: str
    count: int
    gain: float


def report(truth: Truth, results: Results, count_score: float, *, fast: bool = False) -> Report:
    """Score predictions in every way. Raises ToonsegError as ``toonseg.metrics.coco.score`` does."""
    check_truth(truth)
    check_results(truth, results)
    kinds: tuple[Kind, ...] = ("segm", "bbox", "boundary")
    number = {
        "panels": len(truth["images"]),
        "instances": sum(not annotation["iscrowd"] for annotation in truth["annotations"]),
        "ignored": sum(bool(annotation["iscrowd"]) for annotation in truth["annotations"]),
        "predictions": len(results),
    }
    return Report(
        {kind: score(truth, results, kind, fast=fast) for kind in kinds},
        faults(truth, results),
        counts(truth, results, count_score),
        count_score,
        number,
    )


def headline(its: Report) -> dict[str, dict[str, Any]]:
    """The mapping of metrics/evaluate.json: what fits a terminal, by names that DVC shows as they are.

    Average precisions are of masks where their name says no other; what has no score is left out.
    """
    masks, overall = its.scores["segm"], its.counts.overall
    edges = _numbers(its.scores["boundary"].overall, {"ap": "edge_AP"})
    return {
        "masks": _numbers(masks.overall, _SHOWN) | edges,
        "boxes": _numbers(its.scores["bbox"].overall, _SHOWN),
        "class_AP50": {name: one.ap50 for name, one in masks.classes.items() if one.ap50 is not None},
        "series_AP50": {name: one.ap50 for name, one in masks.series.items() if one.ap50 is not None},
        "found": {"precision": overall.precision, "recall": overall.recall},
        "tested": {"panels": its.number["panels"], "instances": its.number["instances"]},
    }


def all_scores(its: Report) -> dict[str, Any]:
    """The whole report as a mapping by COCO's names of kinds; what has no score is left out."""
    groups: dict[str, Any] = {
        kind: {
            **_numbers(of.overall, _NAMES),
            "class": {name: {**_numbers(one, _SHOWN), "n": one.n} for name, one in of.classes.items()},
            "series": {name: {**_numbers(one, _SHOWN), "n": one.n} for name, one in of.series.items()},
        }
        for kind, of in its.scores.items()
        if kind != "boundary"
    }
    overall = its.counts.overall
    return {
        "count": its.number,
        **groups,
        "boundary": _numbers(its.scores["boundary"].overall, _SHOWN),
        "errors": its.faults.gain,
        "kept": {
            "score": its.count_score,
            "predicted": overall.predicted,
            "right": overall.right,
            "precision": overall.precision,
            "recall": overall.recall,
        },
    }


def every_score(its: Report) -> dict[str, Any]:
    """``all_scores``, and each kind per class, per series and per class of a series; counts per class."""
    whole = all_scores(its)
    for kind, of in its.scores.items():
        groups: dict[str, Any] = {"class": of.classes, "series": of.series}
        parts = {
            group: {name: {**_numbers(one, _SHOWN), "n": one.n} for name, one in members.items()}
            for group, members in groups.items()
        }
        in_series: dict[str, dict[str, Any]] = {series: {} for series in of.series}
        for (series, name), one in of.both.items():
            in_series[series][name] = {**_numbers(one, _SHOWN), "n": one.n}
        whole[kind] = {**whole[kind], **parts, "series_class": in_series}
    keys = ("labelled", "predicted", "right", "precision", "recall")
    whole["kept"]["class"] = {
        one.name: {key: getattr(one, key) for key in keys} for one in its.counts.classes
    }
    return whole


def score_rows(its: Report) -> list[ScoreRow]:
    """Every score: by kind, then series, then class, each with ``all`` first."""
    rows = []
    for kind, of in its.scores.items():
        named = [(ALL, ALL, of.overall), *((ALL, name, one) for name, one in of.classes.items())]
        for series, one in of.series.items():
            named.append((series, ALL, one))
            named += [(series, name, both) for (owner, name), both in of.both.items() if owner == series]
        rows += [ScoreRow(kind, series, name, **asdict(one)) for series, name, one in named]
    return rows


def curve_points(scores: Scores) -> list[CurvePoint]:
    """The precision-recall curves as rows, by class, then recall; values of four decimals."""
    return [
        CurvePoint(name, at / 100, round(float(precision), 4))
        for name, curve in scores.curves.items()
        for at, precision in enumerate(curve)
    ]


def class_bars(scores: Scores) -> list[ClassBar]:
    """A row for each class that has instances."""
    return [ClassBar(name, its.n, its.ap50) for name, its in scores.classes.items() if its.ap50 is not None]


def fault_bars(its: Faults) -> list[FaultBar]:
    """A row for each kind of error."""
    return [FaultBar(kind, its.count[kind], gain) for kind, gain in its.gain.items()]


def text(its: Report) -> str:
    """The report for the terminal: average precisions, what costs them, and counts, below each other."""
    costs = ", ".join(
        f"{kind} {its.faults.gain[kind]:.1f} ({its.faults.count[kind]})" for kind in its.faults.gain
    )
    return "\n".join(
        [
            score_table(its.scores),
            "",
            f"AP50 of masks would gain without errors of: {costs}",
            "",
            count_table(its.counts, its.count_score),
        ]
    )


def score_table(scores: Mapping[Kind, Scores]) -> str:
    """Average precisions of masks, of their boundaries and of boxes, per class, per series and for all."""
    groups: list[dict[Kind, dict[str, Score]]] = [  # apart: a series may have the name of a class
        {kind: one.classes for kind, one in scores.items()},
        {kind: one.series for kind, one in scores.items()},
        {kind: {ALL: one.overall} for kind, one in scores.items()},
    ]
    rows = [
        [
            (
                name,
                str(mask.n),
                *map(_shown, (getattr(mask, key) for key in _SHOWN)),
                _shown(its["boundary"][name].ap),
                _shown(its["bbox"][name].ap),
            )
            for name, mask in its["segm"].items()
        ]
        for its in groups
    ]
    return _table(("class", "n", *_SHOWN.values(), "edge AP", "box AP"), rows)


def count_table(its: Counts, least_score: float) -> str:
    """What there is from a score on, per class and for all."""

    def row(one: ClassCount) -> tuple[str, ...]:
        numbers = (one.labelled, one.predicted, one.right)
        return (one.name, *map(str, numbers), _shown(one.precision), _shown(one.recall))

    header = (f"score >= {least_score:g}", "labelled", "predicted", "right", "precision", "recall")
    return _table(header, [list(map(row, its.classes)), [row(its.overall)]])


def _table(header: Sequence[str], groups: Sequence[Sequence[Sequence[str]]]) -> str:
    """Columns of text, the first to the left, with a rule above each group that has rows."""
    rows = [header, *(row for group in groups for row in group)]
    widths = [max(_columns(row[at]) for row in rows) for at in range(len(header))]

    def line(row: Sequence[str]) -> str:
        blanks = [" " * (width - _columns(cell)) for cell, width in zip(row, widths, strict=True)]
        numbers = [blank + cell for blank, cell in zip(blanks[1:], row[1:], strict=True)]
        return "  ".join([row[0] + blanks[0], *numbers])

    lines = [line(header)]
    for group in groups:
        if group:
            lines += ["-" * (sum(widths) + 2 * len(widths) - 2), *map(line, group)]
    return "\n".join(lines)


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes: two for each letter of Korean, Japanese or Chinese.

    >>> _columns("hair"), _columns("머리")
    (4, 4)
    """
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _numbers(its: Score, names: Mapping[str, str]) -> dict[str, float]:
    values = {shown: getattr(its, key) for key, shown in names.items()}
    return {shown: value for shown, value in values.items() if value is not None}

"""The seven experiments on two series: who learns from which, who is tested on which, and the tables.

A role stands for a series: ``first``, ``second``, or ``both`` of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, MinLen

from toonseg.errors import ToonsegError

Coco = Mapping[str, Any]
KINDS = {"bbox": "Boxes", "segm": "Masks"}
_NUMBERS = ("AP", "AP50", "AP75")


@dataclass(frozen=True)
class ExperimentParams:
    """Section ``experiments`` of experiments/params.yaml, which tells each key's effect."""

    first: Annotated[str, MinLen(1)]
    second: Annotated[str, MinLen(1)]
    iterations: Annotated[int, Ge(1)]
    transfer_iterations: Annotated[int, Ge(1)]


@dataclass(frozen=True)
class Fit:
    """A training: the role that it learns from, and the fit whose model it starts from."""

    role: str
    start: str | None


@dataclass(frozen=True)
class Experiment:
    """A test: which fit's model, on which role."""

    fit: str
    role: str


FITS = {
    "both": Fit("both", None),
    "first": Fit("first", None),
    "second": Fit("second", None),
    "first-to-second": Fit("second", "first"),
    "second-to-first": Fit("first", "second"),
}
EXPERIMENTS = {
    "both-on-both": Experiment("both", "both"),
    "both-on-first": Experiment("both", "first"),
    "both-on-second": Experiment("both", "second"),
    "first-on-first": Experiment("first", "first"),
    "second-on-second": Experiment("second", "second"),
    "second-to-first-on-first": Experiment("second-to-first", "first"),
    "first-to-second-on-second": Experiment("first-to-second", "second"),
}


def series_of(role: str, params: ExperimentParams) -> tuple[str, ...]:
    """The names of a role's series.

    >>> series_of("both", ExperimentParams("a", "b", 1, 1))
    ('a', 'b')
    """
    names = {"first": params.first, "second": params.second}
    return tuple(names.values()) if role == "both" else (names[role],)


def part_of(coco: Coco, series: Sequence[str], where: str) -> dict[str, Any]:
    """The images of some series with their annotations; all categories stay, so that classes compare.

    Raises ToonsegError, which begins with ``where``, when one of the series has no image.
    """
    there = {image["series"] for image in coco["images"]}
    for name in series:
        if name not in there:
            raise ToonsegError(
                f"{where} has no panel of '{name}' (it has {', '.join(sorted(there))}): set the series in "
                "experiments/params.yaml"
            )
    images = [image for image in coco["images"] if image["series"] in series]
    ids = {image["id"] for image in images}
    return {
        **coco,
        "images": images,
        "annotations": [one for one in coco["annotations"] if one["image_id"] in ids],
    }


def results_page(scores: Mapping[str, Any], params: ExperimentParams, train: Mapping[str, Any]) -> str:
    """The page of tables: ``scores`` holds the metrics of each of ``EXPERIMENTS``, ``train`` the section."""
    classes = list(scores["both-on-both"]["segm"]["class"])
    parts = [
        "# Seven experiments",
        "Trained on both series, on one, or on one and then the other; tested on panels kept aside. "
        "`dvc repro experiments/dvc.yaml` makes this page, after `dvc repro`; only what is stale runs again.",
        f"Engine {train['engine']}, profile {train['profile']}: {params.iterations} steps of "
        f"{train['batch']} panels, and {params.transfer_iterations} more for what comes then; seed "
        f"{train['seed']}. "
        "AP is COCO's, in percent; n is the number of instances, in brackets behind a class's AP.",
        _summary_table(scores, params),
        *(
            f"## {title}, AP of each class\n\n" + _class_table(scores, kind, classes)
            for kind, title in KINDS.items()
        ),
        "## What it shows\n\n" + "\n".join(f"- {line}" for line in _findings(scores, params)),
        "## What such small runs cannot show\n\n" + "\n".join(f"- {line}" for line in _limits(scores)),
    ]
    return "\n\n".join(parts) + "\n"


def _name(fit: str, params: ExperimentParams) -> str:
    its = FITS[fit]
    learnt = " and ".join(series_of(its.role, params))
    return f"{' and '.join(series_of(FITS[its.start].role, params))}, then {learnt}" if its.start else learnt


def _summary_table(scores: Mapping[str, Any], params: ExperimentParams) -> str:
    header = ["", "trained on", "tested on", "n"]
    header += [f"{title.lower()} {number}" for title in KINDS.values() for number in _NUMBERS]
    rows = [
        [
            str(place),
            _name(its.fit, params),
            " and ".join(series_of(its.role, params)),
            str(scores[name]["count"]["instances"]),
            *(_shown(scores[name][kind].get(number)) for kind in KINDS for number in _NUMBERS),
        ]
        for place, (name, its) in enumerate(EXPERIMENTS.items(), 1)
    ]
    return _markdown(header, rows)


def _class_table(scores: Mapping[str, Any], kind: str, classes: Sequence[str]) -> str:
    rows = [
        [str(place), *(_of_class(scores[name][kind]["class"][one]) for one in classes)]
        for place, name in enumerate(EXPERIMENTS, 1)
    ]
    return _markdown(["", *classes], rows)


def _of_class(its: Mapping[str, Any]) -> str:
    """AP with n behind it; n alone says why there is none."""
    return f"{_shown(its.get('AP'))} ({its['n']})"


def _findings(scores: Mapping[str, Any], params: ExperimentParams) -> list[str]:
    """What differs between the rows, in points of mask AP."""

    def ap(name: str) -> float:
        return float(scores[name]["segm"].get("AP", 0.0))

    lines = []
    for role, series, other in (
        ("first", params.first, params.second),
        ("second", params.second, params.first),
    ):
        own, joint = ap(f"{role}-on-{role}"), ap(f"both-on-{role}")
        moved = ap("second-to-first-on-first" if role == "first" else "first-to-second-on-second")
        lines += [
            f"On {series}, learning from {other} too changes mask AP by {joint - own:+.1f} ({own:.1f} to "
            f"{joint:.1f}); learning from {other} before by {moved - own:+.1f} (to {moved:.1f})."
        ]
    return lines


def _limits(scores: Mapping[str, Any]) -> list[str]:
    fewest = min(its["count"]["instances"] for its in scores.values())
    return [
        "One seed each: another seed moves AP by a few points, so smaller differences mean nothing.",
        f"The smallest test has {fewest} instances, and rare classes far fewer: a class's AP rests on its n.",
        "In as many steps a model of both series sees each panel half as often as a model of one: where "
        "steps are few, that alone costs it points.",
        "A model that starts from another's has learnt longer in all: its gain is not the transfer's alone.",
        "Where `split.by` is panel, a tested panel's neighbours were learnt: new episodes will score lower.",
        "A small model after few steps tells little of a large one with pre-trained weights.",
    ]


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"

"""COCO scores of predictions: average precision overall, per class and per series.

Truth is a COCO dataset (images with ``series``, annotations with ids from 1), predictions a list of
COCO results; both are plain lists and mappings, as their files hold them. Scores are percentages.
The measure is that of Lin et al., Microsoft COCO: Common Objects in Context (2014), by pycocotools.
"""

import copy
import io
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from toonseg.errors import ToonsegError

Kind = Literal["segm", "bbox"]
Truth = Mapping[str, Any]
Results = Sequence[Mapping[str, Any]]

MOST_PREDICTIONS = 100  # of a class on a panel: COCO's own limit
DECIMALS = 2  # of a percentage
_IOU = np.linspace(0.5, 0.95, 10)  # COCO's thresholds: 0 is .50, 5 is .75
_EVERYWHERE = [0, 1e10]  # the one range of areas that is scored


@dataclass(frozen=True)
class EvaluateParams:
    """Section ``evaluate``; params.yaml tells each key's effect."""

    score_floor: Annotated[float, Ge(0), Le(1)]
    sheet_panels: Annotated[int, Ge(1)]
    sheet_score: Annotated[float, Ge(0), Le(1)]
    device: Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True)
class Score:
    """Average precision in percent over ``n`` instances; None where there is no instance to find.

    ``ap`` is the mean over the IoU thresholds .50 to .95, ``ap50`` and ``ap75`` stand for one each.
    """

    n: int
    ap: float | None
    ap50: float | None
    ap75: float | None


@dataclass(frozen=True)
class Scores:
    """Scores of one kind (masks or boxes), classes in the order of their ids, series sorted.

    ``curves`` holds, for each class that has instances, the precision (0 to 1) at IoU .50 at each of
    the recalls 0, .01, ... 1.
    """

    overall: Score
    classes: dict[str, Score]
    series: dict[str, Score]
    curves: dict[str, NDArray[np.float64]]


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


def score(truth: Truth, results: Results, kind: Kind) -> Scores:
    """Score masks (``segm``) or boxes (``bbox``); neither argument is changed.

    Instances with ``iscrowd`` 1 are ignored regions: they count neither as found nor as missed, and what
    is predicted on them is no fault. Without predictions each class that has instances scores 0;
    a class without instances has no score and takes no part in the means. Raises ToonsegError
    for a truth or results that pycocotools would take wrongly (see ``check_truth``, ``check_results``).
    """
    check_truth(truth)
    check_results(truth, results)
    evaluation = _evaluate(truth, results, kind)
    series_of = {image["id"]: image["series"] for image in truth["images"]}
    counted = [annotation for annotation in truth["annotations"] if not annotation["iscrowd"]]
    by_class = Counter(annotation["category_id"] for annotation in counted)
    by_series = Counter(series_of[annotation["image_id"]] for annotation in counted)

    precision = _precision(evaluation, series_of)
    classes = {
        category["name"]: _summary(precision[:, :, [at]], by_class[category["id"]])
        for at, category in enumerate(sorted(truth["categories"], key=lambda category: category["id"]))
    }
    series = {}
    for name in sorted(set(series_of.values())):
        panels = {image_id for image_id, owner in series_of.items() if owner == name}
        series[name] = _summary(_precision(evaluation, panels), by_series[name])
    curves = {name: precision[0, :, at] for at, (name, its) in enumerate(classes.items()) if its.n}
    return Scores(_summary(precision, len(counted)), classes, series, curves)


def as_metrics(truth: Truth, results: Results, scores: Mapping[Kind, Scores]) -> dict[str, Any]:
    """The scores as the mapping of metrics/evaluate.json; what has no score is left out."""
    counts = {
        "panels": len(truth["images"]),
        "instances": sum(not annotation["iscrowd"] for annotation in truth["annotations"]),
        "ignored": sum(bool(annotation["iscrowd"]) for annotation in truth["annotations"]),
        "predictions": len(results),
    }
    groups: dict[str, Any] = {
        kind: {
            **_numbers(of.overall),
            "class": {name: {**_numbers(its), "n": its.n} for name, its in of.classes.items()},
            "series": {name: {**_numbers(its), "n": its.n} for name, its in of.series.items()},
        }
        for kind, of in scores.items()
    }
    return {"count": counts, **groups}


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


def table(scores: Scores) -> str:
    """The scores as text for the terminal: a row per class, per series, and for all together."""
    named = [*scores.classes.items(), *scores.series.items(), ("all", scores.overall)]
    width = max(len("class"), *(len(name) for name, _ in named))
    rows = [f"{'class':<{width}}  {'n':>5}  {'AP':>6}  {'AP50':>6}  {'AP75':>6}"]
    rule = "-" * len(rows[0])
    for at, (name, its) in enumerate(named):
        if at in (0, len(scores.classes), len(named) - 1):
            rows.append(rule)
        figures = "  ".join(
            f"{'-' if value is None else format(value, '.1f'):>6}" for value in (its.ap, its.ap50, its.ap75)
        )
        rows.append(f"{name:<{width}}  {its.n:>5}  {figures}")
    return "\n".join(rows)


def check_truth(truth: Truth, where: str = "truth") -> None:
    """Refuse a truth whose ids are not whole numbers from 1, each once.

    COCOeval takes an annotation of id 0 for unmatched: a perfect detector would then lose points.
    ``where`` begins the sentence of the ToonsegError.
    """
    for kind in ("images", "annotations", "categories"):
        seen: set[int] = set()
        for item in truth[kind]:
            number = item["id"]
            if not isinstance(number, int) or number < 1:
                raise ToonsegError(f"{where}: {kind} have the id {number!r}: number them from 1")
            if number in seen:
                raise ToonsegError(f"{where}: two {kind} have the id {number}: give each its own")
            seen.add(number)


def check_results(truth: Truth, results: Results, where: str = "predictions") -> None:
    """Refuse results that do not belong to the truth: unknown image or class, mask of another size, NaN.

    ``where`` begins the sentence of the ToonsegError, which counts results from 1.
    """
    sizes = {image["id"]: (image["height"], image["width"]) for image in truth["images"]}
    classes = {category["id"] for category in truth["categories"]}
    for at, result in enumerate(results, start=1):
        missing = {"image_id", "category_id", "score", "bbox", "segmentation"} - result.keys()
        if missing:
            raise ToonsegError(f"{where}: result {at} has no {min(missing)}")
        image, mask = result["image_id"], result["segmentation"]
        if image not in sizes:
            raise ToonsegError(
                f"{where}: result {at} is for image {image!r}, which the truth does not hold: "
                "they were made from other panels, predict again"
            )
        if result["category_id"] not in classes:
            raise ToonsegError(
                f"{where}: result {at} is of class {result['category_id']!r}, which the truth does not know"
            )
        if not math.isfinite(result["score"]):
            raise ToonsegError(f"{where}: result {at} has the score {result['score']}: train the model again")
        if not isinstance(mask, Mapping) or "counts" not in mask or "size" not in mask:
            raise ToonsegError(f"{where}: result {at} has no mask in COCO's run-length encoding")
        if tuple(mask["size"]) != sizes[image]:
            raise ToonsegError(
                f"{where}: result {at} has a mask of {mask['size'][1]} x {mask['size'][0]} pixels, but its "
                f"image has {sizes[image][1]} x {sizes[image][0]}: predict again on this cut"
            )


def _evaluate(truth: Truth, results: Results, kind: Kind) -> COCOeval:
    """Match predictions and instances, by image and class."""
    found = [_detection(result, number, kind) for number, result in enumerate(results, start=1)]
    with redirect_stdout(io.StringIO()):  # pycocotools tells its steps
        # COCOeval writes into both of its datasets, so they are copies.
        evaluation = COCOeval(
            _indexed(truth, copy.deepcopy(list(truth["annotations"]))), _indexed(truth, found), kind
        )
        evaluation.params.maxDets = [MOST_PREDICTIONS]
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [_EVERYWHERE], ["all"]
        evaluation.params.iouThrs = _IOU
        evaluation.evaluate()
    return evaluation


def _detection(result: Mapping[str, Any], number: int, kind: Kind) -> dict[str, Any]:
    """A result as the annotation that COCOeval wants; its area is that of what is scored."""
    mask: Any = dict(result["segmentation"])
    box = [float(value) for value in result["bbox"]]
    area = float(rle.area(mask)) if kind == "segm" else box[2] * box[3]
    return {
        "id": number,
        "image_id": result["image_id"],
        "category_id": result["category_id"],
        "score": float(result["score"]),
        "segmentation": mask,
        "bbox": box,
        "area": area,
        "iscrowd": 0,
    }


def _indexed(truth: Truth, annotations: list[dict[str, Any]]) -> COCO:
    coco: Any = COCO()
    coco.dataset = {
        "images": list(truth["images"]),
        "categories": list(truth["categories"]),
        "annotations": annotations,
    }
    coco.createIndex()
    return cast(COCO, coco)


def _precision(evaluation: COCOeval, images: Collection[int]) -> NDArray[np.float64]:
    """Precision on some of the images: (IoU threshold, recall, class), -1 where there is no instance."""
    part: Any = copy.copy(evaluation)
    every = evaluation.params.imgIds
    part.params = copy.copy(evaluation.params)
    part.params.imgIds = [image for image in every if image in images]
    part._paramsEval = part.params
    # One entry per class and image, images innermost.
    part.evalImgs = [
        match for at, match in enumerate(evaluation.evalImgs) if every[at % len(every)] in images
    ]
    with redirect_stdout(io.StringIO()):
        part.accumulate()
    return np.asarray(part.eval["precision"][:, :, :, 0, 0])


def _summary(precision: NDArray[np.float64], n: int) -> Score:
    """Mean precision of some classes; the threshold comes first."""
    return Score(n, _mean(precision), _mean(precision[0]), _mean(precision[5]))


def _mean(precision: NDArray[np.float64]) -> float | None:
    scored = precision[precision > -1]
    return round(100 * float(scored.mean()), DECIMALS) if scored.size else None


def _numbers(its: Score) -> dict[str, float]:
    values = {"AP": its.ap, "AP50": its.ap50, "AP75": its.ap75}
    return {name: value for name, value in values.items() if value is not None}

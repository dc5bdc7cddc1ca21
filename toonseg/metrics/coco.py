"""COCO scores of predictions: overall, per class, per series, and per class and series.

Truth is a COCO dataset (annotations with ids from 1; images may have ``series``), predictions a list of
COCO results; both are plain lists and mappings, as their files hold them. Scores are percentages.
The measure is that of Lin et al., Microsoft COCO: Common Objects in Context (2014), by pycocotools.
"""

import copy
import io
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, cast

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from toonseg.metrics.boundary import boundary_rle
from toonseg.metrics.checks import Results, Truth, check_results, check_truth

Kind = Literal["segm", "bbox", "boundary"]
Array = NDArray[np.float64]

MOST_PREDICTIONS = 100  # of a class on a panel: COCO's own limit
DECIMALS = 2  # of a percentage
_ALL, _SMALL, _MEDIUM, _LARGE = range(4)  # COCO's ranges of areas, in its order
_ONE, _TEN, _HUNDRED = range(3)  # COCO's limits of predictions a class and picture


@dataclass(frozen=True)
class EvaluateParams:
    """Section ``evaluate``; params.yaml tells each key's effect."""

    score_floor: Annotated[float, Ge(0), Le(1)]
    count_score: Annotated[float, Ge(0), Le(1)]
    sheet_panels: Annotated[int, Ge(1)]
    sheet_score: Annotated[float, Ge(0), Le(1)]
    device: Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True)
class Score:
    """COCO's twelve numbers in percent over ``n`` instances; None where there is no instance to find.

    ``ap`` is the mean average precision over the IoU thresholds .50 to .95, ``ap50`` and ``ap75`` stand
    for one each; ``ar1`` to ``ar100`` are the mean recalls of so many predictions a class and picture.
    Small is below 32 x 32 pixels, large from 96 x 96.
    """

    n: int
    ap: float | None
    ap50: float | None
    ap75: float | None
    ap_small: float | None
    ap_medium: float | None
    ap_large: float | None
    ar1: float | None
    ar10: float | None
    ar100: float | None
    ar_small: float | None
    ar_medium: float | None
    ar_large: float | None


@dataclass(frozen=True)
class Scores:
    """Scores of one kind (masks, boxes, or masks by their boundaries).

    Classes are in the order of their ids, series sorted; ``both`` holds each class of each series, by
    (series, class). ``curves`` holds, for each class that has instances, the precision (0 to 1) at IoU
    .50 at each of the recalls 0, .01, ... 1.
    """

    overall: Score
    classes: dict[str, Score]
    series: dict[str, Score]
    both: dict[tuple[str, str], Score]
    curves: dict[str, Array]


class Matcher(Protocol):
    """What scores some of a truth's images."""

    def accumulate(self, images: Collection[int]) -> tuple[Array, Array]:
        """Precision (IoU, recall, class, area, limit) and recall (IoU, class, area, limit); -1 for none."""


def score(truth: Truth, results: Results, kind: Kind, *, fast: bool = False) -> Scores:
    """Score masks (``segm``), boxes (``bbox``), or masks by their edges; neither argument is changed.

    ``boundary`` takes the lesser of the IoU of two masks and that of their boundaries: Cheng et al.,
    Boundary IoU (2021). ``fast`` has hotcoco do it, where it can: the same numbers.

    Instances with ``iscrowd`` 1 are ignored regions: they count neither as found nor as missed, and what
    is predicted on them is no fault. Without predictions each class that has instances scores 0;
    a class without instances has no score and takes no part in the means. Raises ToonsegError
    for a truth or results that pycocotools would take wrongly (see ``check_truth``, ``check_results``).
    """
    check_truth(truth)
    check_results(truth, results)
    matcher = _matcher(truth, results, kind, fast)
    series_of = {image["id"]: image.get("series", "") for image in truth["images"]}
    count = Counter(
        (series_of[annotation["image_id"]], annotation["category_id"])
        for annotation in truth["annotations"]
        if not annotation["iscrowd"]
    )
    categories = sorted(truth["categories"], key=lambda category: int(category["id"]))
    names = {category["id"]: category["name"] for category in categories}

    def summaries(images: Collection[int], series: Collection[str]) -> tuple[Score, dict[str, Score], Array]:
        precision, recall = matcher.accumulate(images)
        ns = {number: sum(count[name, number] for name in series) for number in names}
        classes = {
            name: _summary(precision[:, :, [at]], recall[:, [at]], ns[number])
            for at, (number, name) in enumerate(names.items())
        }
        return _summary(precision, recall, sum(ns.values())), classes, precision

    every = sorted(set(series_of.values()) - {""})
    overall, classes, precision = summaries(series_of, set(series_of.values()))
    series, both = {}, {}
    for name in every:
        panels = {image for image, owner in series_of.items() if owner == name}
        series[name], its_classes, _ = summaries(panels, [name])
        both.update({(name, class_name): its for class_name, its in its_classes.items()})
    curves = {
        name: precision[0, :, at, _ALL, _HUNDRED] for at, (name, its) in enumerate(classes.items()) if its.n
    }
    return Scores(overall, classes, series, both, curves)


class Pycocotools:
    """A Matcher by pycocotools: matched once, accumulated as often as asked."""

    def __init__(self, truth: Truth, results: Results, kind: Kind) -> None:
        found = [detection(result, number, kind) for number, result in enumerate(results, start=1)]
        # COCOeval writes into both of its datasets, so they are copies.
        labels = copy.deepcopy(list(truth["annotations"]))
        maker = COCOeval
        if kind == "boundary":
            maker = _BoundaryEval
            for shape in (*labels, *found):
                shape["boundary"] = boundary_rle(shape["segmentation"])
        with redirect_stdout(io.StringIO()):  # pycocotools tells its steps
            datasets = _indexed(truth, labels), _indexed(truth, found)
            self._evaluation = maker(*datasets, "bbox" if kind == "bbox" else "segm")
            self._evaluation.evaluate()

    def accumulate(self, images: Collection[int]) -> tuple[Array, Array]:
        """See Matcher."""
        part: Any = copy.copy(self._evaluation)
        every = self._evaluation.params.imgIds
        part.params = copy.copy(self._evaluation.params)
        part.params.imgIds = [image for image in every if image in images]
        part._paramsEval = part.params
        # One entry per class, area and image, images innermost.
        part.evalImgs = [
            match for at, match in enumerate(self._evaluation.evalImgs) if every[at % len(every)] in images
        ]
        with redirect_stdout(io.StringIO()):
            part.accumulate()
        return np.asarray(part.eval["precision"]), np.asarray(part.eval["recall"])


class _BoundaryEval(COCOeval):
    """COCOeval of masks whose IoU is at most that of their boundaries.

    Not so with ignored regions: what lies in one is ignored, whether or not it reaches the region's edge.
    """

    def computeIoU(self, imgId: int, catId: int) -> Any:  # noqa: N802, N803  # pycocotools' names
        """IoU (predictions, instances) of a picture's class, predictions by falling score."""
        whole = super().computeIoU(imgId, catId)
        if len(whole) == 0:
            return whole
        mine: Any = self
        found, labels = mine._dts[imgId, catId], mine._gts[imgId, catId]
        order = np.argsort([-shape["score"] for shape in found], kind="mergesort")
        found = [found[at] for at in order[: self.params.maxDets[-1]]]
        crowds = [int(shape["iscrowd"]) for shape in labels]
        edges = rle.iou([one["boundary"] for one in found], [one["boundary"] for one in labels], crowds)
        return np.where(np.array(crowds, bool), whole, np.minimum(whole, edges))


def detection(result: Mapping[str, Any], number: int, kind: Kind) -> dict[str, Any]:
    """A result as the annotation that COCOeval wants; its area is that of what is scored."""
    mask: Any = dict(result["segmentation"])
    box = [float(value) for value in result["bbox"]]
    area = box[2] * box[3] if kind == "bbox" else float(rle.area(mask))
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


def _matcher(truth: Truth, results: Results, kind: Kind, fast: bool) -> Matcher:
    if fast and kind != "boundary":
        from toonseg.metrics.fast import Hotcoco

        return Hotcoco(truth, results, kind)
    return Pycocotools(truth, results, kind)


def _indexed(truth: Truth, annotations: list[dict[str, Any]]) -> COCO:
    coco: Any = COCO()
    coco.dataset = {
        "images": list(truth["images"]),
        "categories": list(truth["categories"]),
        "annotations": annotations,
    }
    coco.createIndex()
    return cast(COCO, coco)


def _summary(precision: Array, recall: Array, n: int) -> Score:
    """The twelve numbers of some classes."""

    def ap(area: int, iou: int | slice = slice(None)) -> float | None:
        return _mean(precision[iou, :, :, area, _HUNDRED])

    def ar(area: int, limit: int) -> float | None:
        return _mean(recall[:, :, area, limit])

    return Score(
        n=n,
        ap=ap(_ALL),
        ap50=ap(_ALL, 0),
        ap75=ap(_ALL, 5),
        ap_small=ap(_SMALL),
        ap_medium=ap(_MEDIUM),
        ap_large=ap(_LARGE),
        ar1=ar(_ALL, _ONE),
        ar10=ar(_ALL, _TEN),
        ar100=ar(_ALL, _HUNDRED),
        ar_small=ar(_SMALL, _HUNDRED),
        ar_medium=ar(_MEDIUM, _HUNDRED),
        ar_large=ar(_LARGE, _HUNDRED),
    )


def _mean(values: Array) -> float | None:
    scored = values[values > -1]
    return round(100 * float(scored.mean()), DECIMALS) if scored.size else None

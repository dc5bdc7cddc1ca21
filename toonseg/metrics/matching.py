"""Predictions of masks beside the instances of a picture: who overlaps whom, and who is found by whom."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as rle

from toonseg.metrics.checks import Results, Truth

Annotation = Mapping[str, Any]

FOUND = 0.5  # IoU from which an instance counts as found


@dataclass(frozen=True)
class Beside:
    """A picture's d predictions, by falling score, and its g instances, without ignored regions.

    ``iou`` is (d, g). ``on_crowd`` tells which predictions lie on an ignored region by ``FOUND`` or more,
    and ``excused`` which on one of their own class, as COCO asks.
    """

    scores: NDArray[np.float64]
    found: NDArray[np.int64]  # class ids of the predictions
    labels: NDArray[np.int64]  # class ids of the instances
    iou: NDArray[np.float64]
    on_crowd: NDArray[np.bool_]
    excused: NDArray[np.bool_]


def pictures_of(truth: Truth, results: Results, least_score: float = 0.0) -> Iterator[Beside]:
    """Each picture of the truth, in its order, with its predictions from ``least_score`` on."""
    labels, found = defaultdict(list), defaultdict(list)
    for annotation in truth["annotations"]:
        labels[annotation["image_id"]].append(annotation)
    for result in results:
        if result["score"] >= least_score:
            found[result["image_id"]].append(result)
    for image in truth["images"]:
        yield beside(labels[image["id"]], sorted(found[image["id"]], key=lambda one: -float(one["score"])))


def matched(its: Beside, same_class: bool, taken: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """For each prediction the instance that it finds, or -1: the surest first, each the one it fits best.

    An instance is found once. ``same_class`` lets only instances of the prediction's class be found;
    ``taken`` is an earlier matching that this one adds to.
    """
    match = np.full(len(its.found), -1) if taken is None else taken.copy()
    free = np.ones(len(its.labels), np.bool_)
    free[match[match >= 0]] = False
    for at in np.flatnonzero(match < 0):
        fits = np.where(free & (its.iou[at] >= FOUND), its.iou[at], 0.0)
        if same_class:
            fits = np.where(its.labels == its.found[at], fits, 0.0)
        if fits.max(initial=0.0) > 0:
            match[at] = int(fits.argmax())
            free[match[at]] = False
    return match


def beside(labels: Sequence[Annotation], found: Sequence[Annotation]) -> Beside:
    """A picture's predictions, given by falling score, beside its labels, as COCO has both."""
    counted = [label for label in labels if not label["iscrowd"]]
    crowds = [label for label in labels if label["iscrowd"]]
    masks = [one["segmentation"] for one in found]

    def overlaps(others: Sequence[Annotation], crowd: int) -> NDArray[np.float64]:
        given = [one["segmentation"] for one in others]
        ious = rle.iou(masks, given, [crowd] * len(given)) if masks and given else []
        return np.asarray(ious, np.float64).reshape(len(masks), len(given))

    def classes(of: Sequence[Annotation]) -> NDArray[np.int64]:
        return np.array([one["category_id"] for one in of], np.int64)

    on_crowd = overlaps(crowds, 1)
    same = classes(found)[:, None] == classes(crowds)[None]
    return Beside(
        scores=np.array([one["score"] for one in found], np.float64),
        found=classes(found),
        labels=classes(counted),
        iou=overlaps(counted, 0),
        on_crowd=on_crowd.max(axis=1, initial=0.0) >= FOUND,
        excused=(on_crowd * same).max(axis=1, initial=0.0) >= FOUND,
    )

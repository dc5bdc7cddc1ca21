"""What kinds of errors cost how much average precision: Bolya et al., TIDE (2020).

Each wrong prediction of a mask is of one kind, and so is each instance that nothing comes near. What a kind
costs is what AP50 would gain if that kind alone were mended.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toonseg.metrics.checks import Results, Truth
from toonseg.metrics.matching import FOUND, Beside, matched, pictures_of

NEAR = 0.1  # IoU from which a prediction has to do with an instance
KINDS = ("class", "location", "both", "duplicate", "background", "missed")
_MENDABLE = ("class", "location")  # with them mended, the prediction would find its instance
_RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Faults:
    """For each of ``KINDS`` what AP50 of masks would gain without it, in points of percent, and how many.

    class: the place is right, the class is not. location: the class is right, the place only near (IoU
    from .1 to .5). both: near, of another class. duplicate: found already, by a surer prediction.
    background: nothing is there. missed: an instance without any prediction of the first two kinds.
    """

    gain: dict[str, float]
    count: dict[str, int]


@dataclass
class _Prediction:
    """A prediction that counts: ``mended`` is the class of the instance that it would find if mended."""

    score: float
    class_id: int
    right: bool
    kind: str = ""
    mended: int | None = None


def faults(truth: Truth, results: Results) -> Faults:
    """Sort the errors of masks by kind; truth and results must have passed ``score``'s checks."""
    predictions: list[_Prediction] = []
    missed: list[int] = []
    instances: dict[int, int] = defaultdict(int)
    for its in pictures_of(truth, results):
        for class_id in its.labels.tolist():
            instances[class_id] += 1
        some, lost = _judged(its)
        predictions += some
        missed += lost
    before = _ap50(predictions, instances)
    gain, count = {}, {}
    for kind in KINDS:
        left = dict(instances)
        for class_id in missed if kind == "missed" else ():
            left[class_id] -= 1
        mended = [after for one in predictions if (after := _mended(one, kind))]
        gain[kind] = round(_ap50(mended, left) - before, 2)
        count[kind] = len(missed) if kind == "missed" else sum(one.kind == kind for one in predictions)
    return Faults(gain, count)


def _judged(its: Beside) -> tuple[list[_Prediction], list[int]]:
    """A picture's predictions with their kinds, and the classes of the instances that are missed."""
    match = matched(its, same_class=True)
    found = set(match[match >= 0].tolist())
    same = its.labels[None] == its.found[:, None]
    judged: list[_Prediction] = []
    mending: dict[int, list[_Prediction]] = defaultdict(list)
    for at in range(len(its.found)):
        if match[at] < 0 and its.excused[at]:
            continue
        one = _Prediction(float(its.scores[at]), int(its.found[at]), right=bool(match[at] >= 0))
        judged.append(one)
        if not one.right:
            one.kind, instance = fault_kind(its.iou[at], same[at])
            if one.kind in _MENDABLE and instance not in found:
                mending[instance].append(one)
    for instance, its_faults in mending.items():
        max(its_faults, key=lambda one: one.score).mended = int(its.labels[instance])  # the others go
    missed = [int(its.labels[at]) for at in range(len(its.labels)) if at not in found and at not in mending]
    return judged, missed


def fault_kind(iou: NDArray[np.float64], same: NDArray[np.bool_]) -> tuple[str, int]:
    """The kind of a wrong prediction, and the instance that it mistook, or -1, by its IoU with each (g,).

    ``same`` tells which instances are of its class.
    """
    mine, others = np.where(same, iou, 0.0), np.where(same, 0.0, iou)
    best_mine, best_other = mine.max(initial=0.0), others.max(initial=0.0)
    if NEAR <= best_mine <= FOUND:  # both ends belong to it, as in the paper
        return "location", int(mine.argmax())
    if best_other >= FOUND:
        return "class", int(others.argmax())
    if best_mine >= FOUND:
        return "duplicate", int(mine.argmax())
    if best_other >= NEAR:
        return "both", int(others.argmax())
    return "background", -1


def _mended(one: _Prediction, kind: str) -> _Prediction | None:
    """A prediction as it would be without errors of a kind; None where it would not be made."""
    if one.kind != kind:
        return one
    return None if one.mended is None else _Prediction(one.score, one.mended, right=True)


def _ap50(predictions: Iterable[_Prediction], instances: Mapping[int, int]) -> float:
    """Mean average precision in percent of the classes that have instances."""
    by_class: dict[int, list[_Prediction]] = defaultdict(list)
    for one in predictions:
        by_class[one.class_id].append(one)
    values = [_class_ap(by_class[class_id], n) for class_id, n in instances.items() if n > 0]
    return 100 * float(np.mean(values)) if values else 0.0


def _class_ap(predictions: list[_Prediction], n: int) -> float:
    """COCO's average precision at one IoU: the mean of the precision at 101 recalls."""
    right = np.array([one.right for one in sorted(predictions, key=lambda one: -one.score)], np.float64)
    if not len(right):
        return 0.0
    hits = right.cumsum()
    precision = hits / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(hits / n, _RECALLS, side="left")
    return float(np.append(precision, 0.0)[places].mean())

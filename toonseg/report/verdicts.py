"""What each prediction of a panel is: right, or wrong in which way; and which prediction found each label.

The kinds are those of Bolya et al., "TIDE: A General Toolbox for Identifying Object Detection Errors" (2020).
A prediction is matched before every less likely one, so its verdict stays the same whatever the threshold:
a higher one only leaves predictions out. That lets a browser move the threshold without matching anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

FOUND: Final = 0.5  # IoU from which a label counts as found
NEAR: Final = 0.1  # IoU from which a prediction has to do with a label
Kind = Literal["right", "location", "class", "duplicate", "both", "background", "ignored"]
KINDS: tuple[Kind, ...] = ("right", "location", "class", "duplicate", "both", "background", "ignored")
Coco = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What a prediction is, and the number of the label that it found or mistook, or -1.

    right: it found a label of its class. location: one of its class lies near (IoU from .1 to .5). class: it
    lies on a label of another class. duplicate: a likelier prediction found its label. both: another class,
    and only near. background: nothing is there. ignored: on a region that is neither learned nor scored.
    """

    kind: Kind
    label: int


def verdicts(labels: Sequence[Coco], predictions: Sequence[Coco]) -> list[Verdict]:
    """Judge a panel's predictions, given by falling score; one verdict each.

    ``labels`` are COCO annotations; those with ``iscrowd`` are ignored regions and never found. Both sides
    hold run-length encoded masks of the panel's size.
    """
    if not predictions:
        return []
    iou = _overlaps(labels, predictions)
    crowd = np.array([bool(label["iscrowd"]) for label in labels], bool)
    classes = np.array([label["category_id"] for label in labels], np.int64)
    taken = np.zeros(len(labels), bool)
    judged = []
    for row, prediction in zip(iou, predictions, strict=True):
        same = (classes == prediction["category_id"]) & ~crowd
        free = np.where(same & ~taken, row, 0.0)
        if free.max(initial=0.0) >= FOUND:
            label = int(free.argmax())
            taken[label] = True
            judged.append(Verdict("right", label))
        elif row[crowd].max(initial=0.0) >= FOUND:
            judged.append(Verdict("ignored", -1))
        else:
            judged.append(_fault(np.where(same, row, 0.0), np.where(same | crowd, 0.0, row)))
    return judged


def _fault(mine: NDArray[np.float64], others: NDArray[np.float64]) -> Verdict:
    """The kind of a wrong prediction by its overlaps with labels of its own class and with others."""
    best_mine, best_other = mine.max(initial=0.0), others.max(initial=0.0)
    if NEAR <= best_mine < FOUND:
        return Verdict("location", int(mine.argmax()))
    if best_other >= FOUND:
        return Verdict("class", int(others.argmax()))
    if best_mine >= FOUND:
        return Verdict("duplicate", int(mine.argmax()))
    if best_other >= NEAR:
        return Verdict("both", int(others.argmax()))
    return Verdict("background", -1)


def _overlaps(labels: Sequence[Coco], predictions: Sequence[Coco]) -> NDArray[np.float64]:
    """IoU (n, m) of predictions and labels; for an ignored region, the share of the prediction on it."""
    if not labels:
        return np.zeros((len(predictions), 0))
    found: Any = [dict(prediction["segmentation"]) for prediction in predictions]
    drawn: Any = [dict(label["segmentation"]) for label in labels]
    return np.asarray(coco_mask.iou(found, drawn, [int(label["iscrowd"]) for label in labels]), np.float64)

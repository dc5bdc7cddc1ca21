"""What each prediction of a panel is: right, or wrong in which way; and which prediction found each label.

The kinds are those of Bolya et al., "TIDE: A General Toolbox for Identifying Object Detection Errors" (2020).
A prediction is matched before every less likely one, so its verdict stays the same whatever the threshold:
a higher one only leaves predictions out. That lets a browser move the threshold without matching anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toonseg.metrics.faults import fault_kind
from toonseg.metrics.matching import beside, matched

KINDS = ("right", "location", "class", "duplicate", "both", "background", "ignored")
Coco = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What a prediction is, and the number of the label that it found or mistook, or -1.

    right: it found a label of its class. location: one of its class lies near (IoU from .1 to .5). class: it
    lies on a label of another class. duplicate: a likelier prediction found its label. both: another class,
    and only near. background: nothing is there. ignored: on a region that is neither learned nor scored.
    """

    kind: str
    label: int


def verdicts(labels: Sequence[Coco], predictions: Sequence[Coco]) -> list[Verdict]:
    """Judge a panel's predictions, given by falling score; one verdict each.

    ``labels`` are COCO annotations; those with ``iscrowd`` are ignored regions and never found. Both sides
    hold run-length encoded masks of the panel's size.
    """
    if not predictions:
        return []
    its = beside(labels, predictions)
    places = [place for place, label in enumerate(labels) if not label["iscrowd"]]
    match = matched(its, same_class=True)
    same = its.labels[None] == its.found[:, None]
    judged = []
    for at in range(len(match)):
        kind, instance = "right", int(match[at])
        if instance < 0 and its.on_crowd[at]:
            kind = "ignored"
        elif instance < 0:
            kind, instance = fault_kind(its.iou[at], same[at])
        judged.append(Verdict(kind, places[instance] if instance >= 0 else -1))
    return judged

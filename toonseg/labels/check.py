"""What looks wrong in labels that can be read: for a person to look at, never changed by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from pycocotools import mask as coco_mask

from toonseg.geometry import Polygon, Rle, rle_area, segmentation_rle
from toonseg.labels.regions import Instance, LabelledRegion

TINY_PX = 25  # of area; the smallest that a person drew on purpose in 2021 had more
_ALIKE = 0.9  # IoU of two masks of one class that are taken for one thing drawn twice
_BLOCK = 512


@dataclass(frozen=True)
class Finding:
    """Something to look at: what kind it is, the ids of region and instance, and the particulars."""

    kind: str
    region: int
    instance: int
    told: str


def check_region(region: LabelledRegion) -> list[Finding]:
    """The findings of a region, by instance: self-intersection, out of bounds, empty, tiny, duplicate."""
    masks = [segmentation_rle(label.segmentation, region.height, region.width) for label in region.instances]
    found = []
    for label, mask in zip(region.instances, masks, strict=True):
        found += [
            Finding(kind, region.id, label.id, f"{label.name}{told}")
            for kind, told in _faults(label, mask, region)
        ]
    return found + _duplicates(region, masks)


def crosses_itself(polygon: Polygon) -> bool:
    """Whether two sides of a polygon (x, y, x, y, ...) cross, or a corner lies inside another side.

    Corners that lie on corners are no crossing: a hole is cut open along two sides of the same ends.

    >>> crosses_itself((0, 0, 2, 2, 2, 0, 0, 2)), crosses_itself((0, 0, 2, 0, 2, 2, 0, 2))
    (True, False)
    """
    start = np.asarray(polygon, dtype=float).reshape(-1, 2)
    end = np.roll(start, -1, axis=0)
    for at in range(0, len(start), _BLOCK):
        here, there = start[at : at + _BLOCK, None], end[at : at + _BLOCK, None]
        other, beyond = start[None], end[None]
        apart = _side(here, there, other) * _side(here, there, beyond) < 0
        turn = _side(other, beyond, here)
        if bool((apart & (turn * _side(other, beyond, there) < 0)).any()):
            return True
        between = ((here - other) * (here - beyond)).sum(axis=2) < 0
        if bool(((turn == 0) & between).any()):
            return True
    return False


def _side(start: Any, end: Any, point: Any) -> Any:
    """On which side of a line from start to end points lie: positive left, negative right, 0 on it."""
    run, off = end - start, point - start
    return np.sign(run[..., 0] * off[..., 1] - run[..., 1] * off[..., 0])


def _faults(label: Instance, mask: Rle, region: LabelledRegion) -> Iterator[tuple[str, str]]:
    if not isinstance(label.segmentation, dict):
        for number, polygon in enumerate(label.segmentation, 1):
            part = f", part {number} of {len(label.segmentation)}"
            if crosses_itself(polygon):
                yield "self-intersection", part
            over = max(
                -min(polygon),
                max(polygon[0::2]) - region.width,
                max(polygon[1::2]) - region.height,
            )
            if over > 0:
                yield "out of bounds", f"{part}, by {over:.2f} px"
    area = rle_area(mask)
    if area == 0:
        yield "empty", ""
    elif area < TINY_PX:
        yield "tiny", f", {area} px"


def _duplicates(region: LabelledRegion, masks: Sequence[Rle]) -> list[Finding]:
    """Instances of one class whose masks are nearly the same as an earlier one's."""
    found = []
    for name in dict.fromkeys(label.name for label in region.instances):
        mine = [at for at, label in enumerate(region.instances) if label.name == name and rle_area(masks[at])]
        if len(mine) < 2:
            continue
        own: Any = [cast(Any, masks[at]) for at in mine]
        overlaps = np.asarray(coco_mask.iou(own, own, [0] * len(own)))
        for second in range(1, len(mine)):
            first = int(np.argmax(overlaps[second, :second]))
            if overlaps[second, first] >= _ALIKE:
                twin = region.instances[mine[first]].id
                told = f"{name}, as instance {twin} (IoU {overlaps[second, first]:.2f})"
                found.append(Finding("duplicate", region.id, region.instances[mine[second]].id, told))
    return found

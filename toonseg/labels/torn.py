"""A region between whose pages another one came, or lost one of them: its labels follow page by page.

Each run of pages that moved together takes along what it shows of the region, as a region of its own. An
instance that lies on one run keeps its id and, where whole rows can be taken off its points without
changing a pixel, its polygons. One that a page cuts becomes an instance on each side, as a mask.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import groupby

from toonseg.geometry import Rle, Segmentation, crop_rle, rle_area, segmentation_rle
from toonseg.labels.anchors import NOTED, anchor, lies_there
from toonseg.labels.regions import Instance, LabelledRegion, PageUnder


def torn_apart(
    region: LabelledRegion, pages: Sequence[PageUnder], known: Collection[str] = ()
) -> tuple[LabelledRegion, ...]:
    """The parts of a region whose pages lie apart on a strip of ``pages``, from the region's top down.

    The first part keeps the region's id; other parts, and instances that are cut, have the id 0. Pages
    that nothing tells of make a part without an exact place, which remembers them. A row of a scaled
    picture that shows two runs is in neither. Gives nothing when no page is found. ``known`` as ``anchor``
    has it.
    """
    shifts = _shifts(region.pages, pages, {*known, *(page.sha256 for page in region.pages)})
    if not any(shift is not None for shift in shifts):
        return ()
    runs = [
        (shift, [page for _, page in run])
        for shift, run in groupby(zip(shifts, region.pages, strict=True), key=lambda pair: pair[0])
    ]
    parts: list[LabelledRegion] = []
    for number, (shift, run) in enumerate(runs):
        top = math.ceil((run[0].y0 - region.y0) / region.scale) if number else 0
        last = number == len(runs) - 1
        bottom = region.height if last else math.floor((run[-1].y1 - region.y0) / region.scale)
        if top < bottom:
            part = replace(_part(region, top, bottom), id=0 if parts else region.id, pages=tuple(run))
            parts.append(_anchored(part, shift, pages))
    return tuple(parts)


def _shifts(old: Sequence[PageUnder], pages: Sequence[PageUnder], known: Collection[str]) -> list[int | None]:
    """By how many rows each page under a region moved; None where nothing tells.

    A page that stands once on the strip tells itself. Another lies beside the nearest of these above or
    below, if there is only one such place that can be its own.
    """
    told: list[int | None] = []
    for page in old:
        found = [new.y0 - page.y0 for new in pages if new.sha256 == page.sha256]
        told.append(found[0] if len(found) == 1 and lies_there(page, found[0], pages) else None)
    result = []
    for index, page in enumerate(old):
        above = next((shift for shift in reversed(told[:index]) if shift is not None), None)
        below = next((shift for shift in told[index + 1 :] if shift is not None), None)
        beside = {shift for shift in (above, below) if shift is not None}
        fitting = [shift for shift in beside if lies_there(page, shift, pages, known)]
        alone = fitting[0] if len(fitting) == 1 else None
        result.append(alone if told[index] is None else told[index])
    return result


def _part(region: LabelledRegion, top: int, bottom: int) -> LabelledRegion:
    """The rows from ``top`` to ``bottom`` of a region, where they lay."""
    y0 = region.y0 + round(top * region.scale)
    found = (_cut(label, region, top, bottom) for label in region.instances)
    instances = tuple(label for label in found if label is not None)
    return replace(region, y0=y0, height=bottom - top, instances=instances)


def _anchored(part: LabelledRegion, shift: int | None, pages: Sequence[PageUnder]) -> LabelledRegion:
    if shift is not None:
        result = anchor(replace(part, y0=part.y0 + shift, pages=(), exact=True), pages)
        if result.fate == NOTED:
            return result.region
    return replace(part, exact=False)


def _cut(label: Instance, region: LabelledRegion, top: int, bottom: int) -> Instance | None:
    """What rows of a region show of an instance, or None."""
    whole = segmentation_rle(label.segmentation, region.height, region.width)
    shown = crop_rle(whole, (0, top, region.width, bottom))
    if not rle_area(shown):
        return None
    if rle_area(shown) < rle_area(whole):
        return replace(label, id=0, segmentation=shown)
    return replace(label, segmentation=_raised(label.segmentation, top, shown))


def _raised(shape: Segmentation, rows: int, shown: Rle) -> Segmentation:
    """A shape moved up by whole rows: its polygons where these give the mask ``shown``, else that mask."""
    if isinstance(shape, dict):
        return shown
    raised = tuple(
        tuple(number - rows * (place % 2) for place, number in enumerate(polygon)) for polygon in shape
    )
    moved = raised if rows else shape
    return moved if segmentation_rle(moved, *shown["size"]) == shown else shown

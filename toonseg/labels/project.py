"""Labels of the strip, projected on the panels that the cut gives today.

An instance becomes pixels once, in its region's frame (moving its points first would change masks),
and is then cropped to each panel that shows some of it.

Panels may overlap. Of an instance that several of them show, each pixel belongs to the panel that
holds most of the instance (the upper, then the left one when they hold the same), so no pixel is
learned or scored twice. A panel to which at least ``min_visible`` of the instance belongs keeps that
part as its label. Any other panel that shows some of it gets what it shows as an ignored region,
neither learned nor scored, because the picture does show a thing of the class there.

Regions may overlap too, as the tiles of a strip do. All that a region shows is drawn in it, so what two
of them show is drawn twice: on a panel, shapes of a class that agree where both regions lie are one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from toonseg.geometry import (
    Box,
    Rle,
    Segmentation,
    box_area,
    covered_area,
    crop_rle,
    decode_rle,
    encode_rle,
    intersection,
    rle_area,
    rle_box,
    segmentation_rle,
    shift_box,
)
from toonseg.labels.regions import Instance, LabelledRegion
from toonseg.records import PANEL, Panel, natural_key

Fate = Literal["kept", "ignored", "outside", "unplaced"]
FATES: tuple[Fate, ...] = ("kept", "ignored", "outside", "unplaced")
_AGREES = 0.5  # of masks: the share of their union that both hold, as matches are counted elsewhere
Boxes: TypeAlias = npt.NDArray[np.int64]  # (n, 4)


@dataclass(frozen=True)
class Annotation:
    """An instance as one panel shows it; ``rle`` has the panel's size, ``box`` is in its pixels."""

    name: str
    rle: Rle
    box: Box
    area: int
    ignored: bool


@dataclass(frozen=True)
class _Drawn:
    """An annotation, and the box that the region in which it was drawn has in the panel's pixels."""

    annotation: Annotation
    region: Box


@dataclass(frozen=True)
class LabelledPanel:
    """A panel of which enough is labelled, with what it shows (often nothing)."""

    panel: Panel
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True)
class Projection:
    """What became of panels and labels.

    ``labelled`` holds the panels of the dataset and ``unlabelled`` the others, text left out, sorted
    by series, episode and place. ``fates`` counts each instance of the labels once, per class: kept by
    a panel, else ignored by one, else outside every panel of the dataset, or unplaced with its region.
    So the sum of ``fates`` is the number of instances that the labels hold.
    """

    labelled: tuple[LabelledPanel, ...]
    unlabelled: tuple[Panel, ...]
    fates: Mapping[tuple[str, Fate], int]


def project(
    panels: Iterable[Panel], regions: Iterable[LabelledRegion], min_visible: float, min_labelled: float
) -> Projection:
    """Give each panel the labels that fall on it.

    A panel belongs to the dataset when at least ``min_labelled`` of its area lies inside regions. A
    panel keeps an instance when at least ``min_visible`` of its pixels belong to it (0 keeps whatever
    shows). No panel, or no region, gives empty results.
    """
    drawn = sorted((panel for panel in panels if panel.kind == PANEL), key=_panel_key)
    panels_of: dict[tuple[str, str], list[Panel]] = defaultdict(list)
    regions_of: dict[tuple[str, str], list[LabelledRegion]] = defaultdict(list)
    for panel in drawn:
        panels_of[panel.series, panel.episode].append(panel)
    adrift: list[tuple[str, Fate]] = []
    for region in sorted(regions, key=lambda region: (region.y0, region.x0, region.id)):
        if not region.placed:
            adrift += [(instance.name, "unplaced") for instance in region.instances]
            continue
        regions_of[region.series, region.episode].append(region)

    shown: dict[Panel, list[_Drawn]] = {}
    fates: Counter[tuple[str, Fate]] = Counter(adrift)
    for episode in panels_of.keys() | regions_of.keys():
        labelled = _labelled(panels_of[episode], regions_of[episode], min_labelled)
        shown |= {panel: [] for panel in labelled}
        boxes = _boxes(map(_box, labelled))
        for region in regions_of[episode]:
            near = [labelled[index] for index in _meeting(boxes, region.box)]
            frames = [shift_box(_box(panel), -region.x0, -region.y0) for panel in near]
            seen = [shift_box(region.box, -panel.x0, -panel.y0) for panel in near]
            for instance in region.instances:
                found = _project_instance(instance, region, frames, min_visible)
                fates[instance.name, _fate(found.values())] += 1
                for index, annotation in found.items():
                    shown[near[index]].append(_Drawn(annotation, seen[index]))
    return Projection(
        tuple(LabelledPanel(panel, tuple(_joined(shown[panel]))) for panel in drawn if panel in shown),
        tuple(panel for panel in drawn if panel not in shown),
        dict(fates),
    )


def _project_instance(
    instance: Instance, region: LabelledRegion, frames: Sequence[Box], min_visible: float
) -> dict[int, Annotation]:
    """What each panel shows of an instance, by the panel's index in ``frames`` (from the region's corner)."""
    whole = _on_strip(instance.segmentation, region)
    extent = rle_box(whole)
    views = {
        index: view
        for index, frame in enumerate(frames)
        if box_area(intersection(frame, extent)) and rle_area(view := crop_rle(whole, frame))
    }
    least = min_visible * rle_area(whole)
    taken: list[Box] = []
    found = {}
    for index in sorted(views, key=lambda index: (-rle_area(views[index]), index)):
        own = _without(views[index], frames[index], taken)
        taken.append(frames[index])
        if instance.ignored or not 0 < rle_area(own) >= least:
            found[index] = _annotation(instance.name, views[index], ignored=True)
        else:
            found[index] = _annotation(instance.name, own, ignored=False)
    return found


def _joined(drawn: Sequence[_Drawn]) -> list[Annotation]:
    """What a panel shows, where shapes that several regions have of one thing are made one."""
    once: list[_Drawn] = []
    for its in drawn:
        twin = next((at for at, other in enumerate(once) if _are_one(its, other)), None)
        if twin is None:
            once.append(its)
        else:
            once[twin] = _union(once[twin], its)
    return [its.annotation for its in once]


def _are_one(one: _Drawn, other: _Drawn) -> bool:
    """Whether two regions drew one thing: a class, and masks that agree where both regions lie."""
    if one.region == other.region or one.annotation.name != other.annotation.name:
        return False
    overlap = intersection(one.annotation.box, other.annotation.box)
    shared = intersection(one.region, other.region)
    if not box_area(overlap) or not box_area(shared):
        return False
    masks = [
        decode_rle(crop_rle(its.annotation.rle, intersection(shared, (0, 0, width, height))))
        for its in (one, other)
        for height, width in [its.annotation.rle["size"]]
    ]
    agreed, either = (int(np.count_nonzero(both(*masks))) for both in (np.logical_and, np.logical_or))
    return agreed >= _AGREES * either > 0


def _union(one: _Drawn, other: _Drawn) -> _Drawn:
    """Both shapes of a thing as one, which is ignored where both are."""
    rle = encode_rle(decode_rle(one.annotation.rle) | decode_rle(other.annotation.rle))
    ignored = one.annotation.ignored and other.annotation.ignored
    x0, y0, x1, y1 = zip(one.region, other.region, strict=True)
    return _Drawn(_annotation(one.annotation.name, rle, ignored), (min(x0), min(y0), max(x1), max(y1)))


def _on_strip(segmentation: Segmentation, region: LabelledRegion) -> Rle:
    """An instance in strip pixels, from the region's corner."""
    if region.scale == 1:
        return segmentation_rle(segmentation, region.height, region.width)
    x0, y0, x1, y1 = region.box
    if not isinstance(segmentation, dict):
        scaled = [tuple(number * region.scale for number in polygon) for polygon in segmentation]
        return segmentation_rle(scaled, y1 - y0, x1 - x0)
    drawn = decode_rle(segmentation).astype(np.float32)
    return encode_rle(cv2.resize(drawn, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA) >= 0.5)


def _without(view: Rle, frame: Box, taken: Iterable[Box]) -> Rle:
    """What is left of a panel's view when the pixels that other panels have taken are cleared."""
    shared = [part for part in (intersection(frame, box) for box in taken) if box_area(part)]
    if not shared:
        return view
    mask = decode_rle(view).copy()
    for x0, y0, x1, y1 in (shift_box(part, -frame[0], -frame[1]) for part in shared):
        mask[y0:y1, x0:x1] = False
    return encode_rle(mask)


def _annotation(name: str, rle: Rle, ignored: bool) -> Annotation:
    return Annotation(name, rle, rle_box(rle), rle_area(rle), ignored)


def _fate(annotations: Iterable[Annotation]) -> Fate:
    ignored = [annotation.ignored for annotation in annotations]
    if not ignored:
        return "outside"
    return "ignored" if all(ignored) else "kept"


def _labelled(panels: Sequence[Panel], regions: Sequence[LabelledRegion], min_labelled: float) -> list[Panel]:
    """The panels of an episode of which at least ``min_labelled`` lies inside its regions."""
    boxes = _boxes(region.box for region in regions)
    found = []
    for panel in panels:
        near = [regions[index].box for index in _meeting(boxes, _box(panel))]
        if covered_area(_box(panel), near) >= min_labelled * box_area(_box(panel)) > 0:
            found.append(panel)
    return found


def _boxes(boxes: Iterable[Box]) -> Boxes:
    return np.array(list(boxes), dtype=np.int64).reshape(-1, 4)


def _meeting(boxes: Boxes, box: Box) -> list[int]:
    """Indices of the boxes that share a pixel with ``box``."""
    x0, y0, x1, y1 = boxes.T
    meets = (x0 < box[2]) & (x1 > box[0]) & (y0 < box[3]) & (y1 > box[1])
    return [int(index) for index in np.flatnonzero(meets)]


def _box(panel: Panel) -> Box:
    return panel.x0, panel.y0, panel.x1, panel.y1


def _panel_key(panel: Panel) -> tuple[object, ...]:
    return panel.series, natural_key(panel.episode), panel.y0, panel.x0, panel.y1, panel.x1

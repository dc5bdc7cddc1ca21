"""The label file of a demo series, as a person would have drawn it: polygons on rough cuts.

The exact masks are traced as a hand would: with a vertex every few pixels along a curve and none on
a straight line, to a tenth of a pixel, without crumbs. A hole is cut open from the rim, since polygons
have none.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.demo.artist.episode import Episode, draw_episode
from toonseg.demo.artist.plan import Box
from toonseg.geometry import Mask, rle_area, rle_box, segmentation_rle

CLASSES = ("hair", "dress-shirt", "T-shirt", "pants", "skirt", "outer", "tie", "vest")
SMALLEST_PX = 120  # a person overlooks what shows fewer pixels
CRUMB_PX = 40  # smaller parts and holes are left out
MARGIN_PX = 12  # rows of gutter above and below the panels of a rough cut
_FINE = 4  # masks are traced on a grid this many times finer, so that an outline runs along pixel edges
_CAREFUL_PX, _SLOPPY_PX = 0.45, 0.8  # how far a side of a small and a large polygon strays from the outline

Points = NDArray[np.float64]


def label_series(series: str, numbers: Iterable[int]) -> dict[str, Any]:
    """Draw a series' episodes ``numbers`` and make their label file, as ``label_episodes`` does."""
    return label_episodes(series, (draw_episode(series, number) for number in numbers))


def label_episodes(series: str, episodes: Iterable[Episode]) -> dict[str, Any]:
    """The label file of some episodes: a COCO document whose images are regions of their strips.

    Every rough cut is there, those without people as images without annotations.
    """
    document: dict[str, Any] = {
        "info": {
            "series": series,
            "description": "Labels of a demo series, traced from what was drawn: one image a rough cut, "
            "anchored on the strip of its episode at x0, y0. Licence: that of toonseg.",
        },
        "categories": [
            {"id": number, "name": name, "supercategory": "hair" if name == "hair" else "clothes"}
            for number, name in enumerate(CLASSES, start=1)
        ],
        "images": [],
        "annotations": [],
    }
    for episode in episodes:
        _add_episode(document, episode)
    return document


def label_regions(episode: Episode) -> list[tuple[Box, tuple[int, ...]]]:
    """The rough cuts of an episode: boxes as wide as the strip, and the panels in each, by index.

    Panels that share rows share a region. A region has a small margin, but stays clear of its
    neighbours' panels.
    """
    groups: list[tuple[int, int, tuple[int, ...]]] = []
    for index in sorted(range(len(episode.panels)), key=lambda index: episode.panels[index][1]):
        _, y0, _, y1 = episode.panels[index]
        if groups and y0 < groups[-1][1]:
            top, bottom, members = groups[-1]
            groups[-1] = (top, max(bottom, y1), (*members, index))
        else:
            groups.append((y0, y1, (index,)))
    regions = []
    for place, (top, bottom, members) in enumerate(groups):
        above = groups[place - 1][1] if place else 0
        below = groups[place + 1][0] if place + 1 < len(groups) else episode.height
        y0 = top - min(MARGIN_PX, (top - above) // 2)
        y1 = bottom + min(MARGIN_PX, (below - bottom) // 2)
        regions.append(((0, y0, episode.width, y1), members))
    return regions


def trace(mask: Mask) -> list[list[float]]:
    """Polygons (x, y, x, y, ...) around a mask's parts, largest first; none for what is too small."""
    if np.count_nonzero(mask) < SMALLEST_PX:
        return []
    fine = cv2.resize(mask.astype(np.uint8), None, fx=_FINE, fy=_FINE, interpolation=cv2.INTER_NEAREST)
    found, tree = cv2.findContours(fine, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outlines = [np.asarray(outline, np.int32) for outline in found]
    worthy = [index for index, outline in enumerate(outlines) if _size_px(outline) >= CRUMB_PX]
    parts = []
    for index in sorted(worthy, key=lambda index: -_size_px(outlines[index])):
        if tree[0][index][3] < 0:  # it has no parent: a part, not a hole
            rim = _simplify(outlines[index])
            for hole in worthy:
                if tree[0][hole][3] == index:
                    rim = _cut_open(rim, _simplify(outlines[hole]))
            parts.append([round(float(number), 1) for number in rim.ravel()])
    return parts


def _add_episode(document: dict[str, Any], episode: Episode) -> None:
    images, annotations = document["images"], document["annotations"]
    for (x0, y0, x1, y1), members in label_regions(episode):
        width, height = x1 - x0, y1 - y0
        images.append(
            {
                "id": len(images) + 1,
                "file_name": f"{episode.number}/{y0:06d}-{x0:04d}.png",
                "width": width,
                "height": height,
                "episode": str(episode.number),
                "x0": x0,
                "y0": y0,
            }
        )
        for instance in episode.instances:
            if instance.panel not in members:
                continue
            polygons = [
                _shift(polygon, instance.x0 - x0, instance.y0 - y0) for polygon in trace(instance.mask)
            ]
            if polygons:
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": len(images),
                        "category_id": CLASSES.index(instance.class_name) + 1,
                        **_shape(polygons, height, width),
                    }
                )


def _shape(polygons: Sequence[Sequence[float]], height: int, width: int) -> dict[str, Any]:
    rle = segmentation_rle(polygons, height, width)
    x0, y0, x1, y1 = rle_box(rle)
    return {
        "segmentation": polygons,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": rle_area(rle),
        "iscrowd": 0,
    }


def _shift(polygon: Sequence[float], x: int, y: int) -> list[float]:
    return [round(number + (y if place % 2 else x), 1) for place, number in enumerate(polygon)]


def _size_px(outline: NDArray[np.int32]) -> float:
    return cv2.contourArea(outline) / _FINE**2


def _simplify(outline: NDArray[np.int32]) -> Points:
    """The vertices that a hand would set, in mask pixels; small shapes are drawn more carefully."""
    careful = float(np.clip(0.012 * np.sqrt(_size_px(outline)), _CAREFUL_PX, _SLOPPY_PX))
    few = np.asarray(cv2.approxPolyDP(outline, careful * _FINE, closed=True), np.int32)
    if len(few) < 3:
        few = outline
    return (few.reshape(-1, 2).astype(np.float64) + 0.5) / _FINE


def _cut_open(rim: Points, hole: Points) -> Points:
    """Join a hole to its rim by a slit of no width, at their closest vertices."""
    far = np.hypot(rim[:, None, 0] - hole[None, :, 0], rim[:, None, 1] - hole[None, :, 1])
    on_rim, on_hole = np.unravel_index(int(np.argmin(far)), far.shape)
    around = np.roll(hole, -int(on_hole), axis=0)
    return np.concatenate([rim[: on_rim + 1], around, around[:1], rim[on_rim:]])

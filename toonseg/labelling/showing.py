"""`toonseg labels show`: a sheet of labelled regions or panels with outlines and class names."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from toonseg.errors import LabelError
from toonseg.geometry import rasterise
from toonseg.labelling.exporting import region_pictures
from toonseg.labelling.project import Project
from toonseg.labels.names import region_keys
from toonseg.labels.regions import LabelledRegion
from toonseg.pictures.overlay import Shape, fitted
from toonseg.pictures.palette import PAPER, Picture, small_png
from toonseg.store import write_bytes

_WIDTH_PX, _GAP_PX, _COLUMNS = 1400, 12, 4


def show_labels(
    project: Project, series: str, out: Path, episodes: Sequence[str] = (), most: int = 24
) -> str:
    """Write a PNG sheet of a series' labelled regions, ``most`` of them evenly spread; gives a summary line.

    Regions without a place, or whose pages are not here, are drawn on grey.
    """
    labels = project.read(series)
    regions = [region for region in labels.regions if not episodes or region.episode in episodes]
    if not regions:
        raise LabelError(f"{project.label_file(series)}: holds no region of these episodes")
    step = max(1, math.ceil(len(regions) / most))
    chosen = regions[::step]
    keyed = list(zip(region_keys(chosen), chosen, strict=True))
    pictures = dict(region_pictures(project, keyed))
    classes = project.classes().classes
    tiles = [_tile(region, pictures.get(key), classes) for key, region in keyed]
    sheet = _laid_out(tiles)
    write_bytes(out, small_png(sheet))
    return f"{out}: {len(chosen)} of {len(regions)} regions, {sheet.shape[1]} x {sheet.shape[0]} px"


def _tile(region: LabelledRegion, picture: Picture | None, classes: Sequence[str]) -> Picture:
    """A region as wide as a column, its labels drawn over it."""
    if picture is None:
        picture = np.full((region.height, region.width, 3), 225, np.uint8)
    shapes = [
        Shape(
            classes.index(label.name) + 1,
            f"{label.name} {label.id}",
            rasterise(label.segmentation, region.height, region.width),
        )
        for label in region.instances
    ]
    width = (_WIDTH_PX - (_COLUMNS + 1) * _GAP_PX) // _COLUMNS
    return fitted(picture, shapes, width, max(1, round(width * region.height / region.width)))


def _laid_out(tiles: Sequence[Picture]) -> Picture:
    """The tiles in columns, each put below the shortest one."""
    ends = [_GAP_PX] * _COLUMNS
    places = []
    for tile in tiles:
        column = ends.index(min(ends))
        places.append((column, ends[column]))
        ends[column] += tile.shape[0] + _GAP_PX
    sheet = np.full((max(ends), _WIDTH_PX, 3), PAPER, np.uint8)
    for tile, (column, y) in zip(tiles, places, strict=True):
        x = _GAP_PX + column * (tile.shape[1] + _GAP_PX)
        sheet[y : y + tile.shape[0], x : x + tile.shape[1]] = tile
    return sheet

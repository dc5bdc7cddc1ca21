"""`toonseg labels show`: a sheet of labelled panels or regions with outlines and class names."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from toonseg.errors import ImageError, LabelError
from toonseg.geometry import decode_rle, rasterise
from toonseg.labelling.exporting import region_pictures
from toonseg.labelling.project import Project
from toonseg.labels.names import region_keys
from toonseg.labels.project import LabelledPanel
from toonseg.labels.project import project as project_labels
from toonseg.labels.regions import LabelledRegion
from toonseg.panels import read_panel
from toonseg.params import load_params
from toonseg.pictures.overlay import Shape, fitted
from toonseg.pictures.palette import PAPER, Picture, small_png
from toonseg.splits import SplitParams
from toonseg.store import write_bytes

_WIDTH_PX, _GAP_PX, _COLUMNS = 1400, 12, 4
_NOTHING_GREY = 225  # where a picture is not on this machine

T = TypeVar("T")


def show_labels(
    project: Project,
    series: str,
    out: Path,
    episodes: Sequence[str] = (),
    most: int = 24,
    as_drawn: bool = False,
) -> str:
    """Write a PNG sheet of a series' labels, ``most`` pictures evenly spread; gives a summary line.

    It shows the labelled panels as `split` sees them; with ``as_drawn``, or where no panel is labelled yet,
    the regions as people drew them, with the ids of their instances. Pictures that are not here are grey.
    """
    labels = project.read(series)
    regions = [region for region in labels.regions if not episodes or region.episode in episodes]
    if not regions:
        raise LabelError(f"{project.label_file(series)}: holds no region of these episodes")
    classes = project.classes().classes
    panels = [] if as_drawn else _labelled_panels(project, series, regions)
    if panels:
        chosen = _spread(panels, most)
        tiles = [_panel_tile(shown, project, classes) for shown in chosen]
        told = f"{len(chosen)} of {len(panels)} labelled panels"
    else:
        drawn = _spread(regions, most)
        tiles = list(_region_tiles(drawn, project, classes))
        told = f"{len(drawn)} of {len(regions)} regions"
    sheet = _laid_out(tiles)
    write_bytes(out, small_png(sheet))
    return f"{out}: {told}, {sheet.shape[1]} x {sheet.shape[0]} px"


def _spread(items: Sequence[T], most: int) -> Sequence[T]:
    return items[:: max(1, math.ceil(len(items) / most))]


def _labelled_panels(
    project: Project, series: str, regions: Sequence[LabelledRegion]
) -> Sequence[LabelledPanel]:
    """The series' panels with the labels that `split` gives them; none before the series is cut."""
    panels = project.panels_of(series)
    if not panels:
        return ()
    params = load_params("split", SplitParams, project.root / "params.yaml")
    return project_labels(panels, regions, params.min_visible, params.min_labelled).labelled


def _panel_tile(shown: LabelledPanel, project: Project, classes: Sequence[str]) -> Picture:
    panel = shown.panel
    width, height = panel.x1 - panel.x0, panel.y1 - panel.y0
    try:
        picture = read_panel(project.panels, panel.path, width, height)[1]
    except ImageError:
        picture = _nothing(height, width)
    shapes = [
        Shape(
            classes.index(found.name) + 1,
            f"{found.name} (ignored)" if found.ignored else found.name,
            decode_rle(found.rle),
        )
        for found in shown.annotations
    ]
    return _tile(picture, shapes)


def _region_tiles(
    regions: Sequence[LabelledRegion], project: Project, classes: Sequence[str]
) -> Iterator[Picture]:
    keyed = list(zip(region_keys(regions), regions, strict=True))
    pictures = dict(region_pictures(project, keyed))
    for key, region in keyed:
        shapes = [
            Shape(
                classes.index(label.name) + 1,
                f"{label.name} {label.id}",
                rasterise(label.segmentation, region.height, region.width),
            )
            for label in region.instances
        ]
        yield _tile(pictures.get(key, _nothing(region.height, region.width)), shapes)


def _nothing(height: int, width: int) -> Picture:
    return np.full((height, width, 3), _NOTHING_GREY, np.uint8)


def _tile(picture: Picture, shapes: Sequence[Shape]) -> Picture:
    """A picture as wide as a column, its labels drawn over it."""
    width = (_WIDTH_PX - (_COLUMNS + 1) * _GAP_PX) // _COLUMNS
    return fitted(picture, shapes, width, max(1, round(width * picture.shape[0] / picture.shape[1])))


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

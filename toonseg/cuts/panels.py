"""The final cut: panels in x and y inside the bands, apart from drawings of text only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from toonseg.cuts import boxes
from toonseg.cuts.background import Colour, flood_outside
from toonseg.cuts.boxes import Box
from toonseg.cuts.drawings import Piece, Scene, Sizes, find_pieces
from toonseg.cuts.rows import Picture, Rows, read_small
from toonseg.records import PANEL, TEXT, PanelKind

_CONTEXT_PX = 8  # rows of the gutters above and below that are looked at with a band
_ANALYSED_PIXELS = 6_000_000  # of a band; taller ones are shrunk more
_REACH = 3  # pixels around a side in which the picture's first one is sought
_SEARCHED = 512  # pixels along a side that are looked at for that


@dataclass(frozen=True)
class PanelParams:
    """What a panel is: lengths in pixels of the strip, levels from 0 to 255."""

    background_levels: Annotated[int, Ge(0), Le(255)]
    halo_levels: Annotated[int, Ge(0), Le(255)]
    min_gap_px: Annotated[int, Ge(2)]
    min_panel_px: Annotated[int, Ge(4)]
    max_letter_px: Annotated[int, Ge(2)]
    part_gap_px: Annotated[int, Ge(0)]
    text_gap_px: Annotated[int, Ge(0)]


@dataclass(frozen=True)
class Drawing:
    """A box ``x0, y0, x1, y1`` on the strip, and whether it is a panel or a drawing of text only."""

    x0: int
    y0: int
    x1: int
    y1: int
    kind: PanelKind


def find_panels(strip: Rows, bands: Sequence[tuple[int, int]], params: PanelParams) -> list[Drawing]:
    """Find the drawings in a strip's bands: panels and drawings of text only, sorted by row and column.

    ``bands`` are sorted and disjoint, with gutters between them; each panel lies in one of them. No bands
    give an empty list.
    """
    ends = [0, *(y1 for _, y1 in bands)]
    begins = [*(y0 for y0, _ in bands), strip.height]
    found: list[tuple[Box, PanelKind]] = []
    for number, band in enumerate(bands):
        above = min(_CONTEXT_PX, band[0] - ends[number])
        below = min(_CONTEXT_PX, begins[number + 1] - band[1])
        found += _find_in_band(strip, band, above, below, params)
    texts = boxes.joined([box for box, kind in found if kind == TEXT], params.text_gap_px)
    panels = [box for box, kind in found if kind == PANEL]
    drawings = [Drawing(*box, PANEL) for box in panels] + [Drawing(*box, TEXT) for box in texts]
    return sorted(drawings, key=lambda drawing: (drawing.y0, drawing.x0, drawing.y1, drawing.x1))


def _find_in_band(
    strip: Rows, band: tuple[int, int], above: int, below: int, params: PanelParams
) -> list[tuple[Box, PanelKind]]:
    """Find the drawings in a band, which has ``above`` and ``below`` rows of gutter beside it."""
    start, stop = band[0] - above, band[1] + below
    times = 2
    while (stop - start) * strip.width > _ANALYSED_PIXELS * times * times:
        times *= 2
    picture = read_small(strip, start, stop, times)
    upper = _colour(picture[: max(1, above // times)]) if above else None
    lower = _colour(picture[-max(1, below // times) :]) if below else None
    if upper is None and lower is None:
        return [((0, band[0], strip.width, band[1]), PANEL)]
    sizes = Sizes(
        panel=max(2, params.min_panel_px // times),
        letter=max(1, params.max_letter_px // times),
        gap=max(1, params.min_gap_px // times - 1),  # a gap's outermost pixels are mixed with what is beside
        part=params.part_gap_px // times,
    )
    levels = (params.background_levels, params.halo_levels)
    outside = flood_outside(picture, upper, lower, *levels, sizes.gap)
    found = []
    gutters = [colour for colour in (upper, lower) if colour is not None]
    for piece in find_pieces(Scene(picture, gutters, sizes), ~outside):
        x0, y0, x1, y1 = (value * times for value in piece.box)
        box = (x0, max(band[0], start + y0), min(x1, strip.width), min(band[1], start + y1))
        found.append((_sharpened(strip, box, piece, times), piece.kind))
    return [(box, kind) for box, kind in found if boxes.width(box) > 0 and boxes.height(box) > 0]


def _colour(gutter: Picture) -> Colour:
    """The colour of a gutter's rows: that of its middle, far from the drawings beside it."""
    middle = len(gutter) // 2
    rows = gutter[max(0, middle - 1) : middle + 1]
    return np.asarray(np.median(rows.reshape(-1, 3), axis=0), np.float32)


def _sharpened(strip: Rows, box: Box, piece: Piece, times: int) -> Box:
    """The box with its level sides moved to where the picture begins in full scale."""
    if times > 2:
        return box
    x0, y0, x1, y1 = box
    left, top, right, bottom = piece.level
    across = _middle(x0, x1)
    if top and y0 >= _REACH:
        y0 += _begin(strip.rows(y0 - _REACH, min(strip.height, y0 + _REACH))[:, across])
    if bottom and y1 + _REACH <= strip.height:
        y1 -= _begin(strip.rows(max(0, y1 - _REACH), y1 + _REACH)[::-1, across])
    down = _middle(y0, y1)
    if (left and x0 >= _REACH) or (right and x1 + _REACH <= strip.width):
        rows = strip.rows(down.start, down.stop)
        if left and x0 >= _REACH:
            x0 += _begin(rows[:, x0 - _REACH : x0 + _REACH].swapaxes(0, 1))
        if right and x1 + _REACH <= strip.width:
            x1 -= _begin(rows[:, x1 - _REACH : x1 + _REACH].swapaxes(0, 1)[::-1])
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else box


def _middle(start: int, stop: int) -> slice:
    spare = max(0, stop - start - _SEARCHED) // 2
    return slice(start + spare, stop - spare)


def _begin(lines: NDArray[np.uint8]) -> int:
    """Where a picture begins in lines (2 * _REACH, n, 3) from the gutter inwards, from their middle on."""
    red, green, blue = np.abs(lines.astype(np.int16) - lines[0]).transpose(2, 0, 1)
    away = np.median(np.maximum(np.maximum(red, green), blue), axis=1)
    return int(np.argmax(2 * away >= away.max())) - _REACH if away.any() else 0

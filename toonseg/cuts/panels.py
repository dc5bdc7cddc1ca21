"""The final cut: panels in x and y inside the bands, apart from drawings of text only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from toonseg.cuts import boxes
from toonseg.cuts.background import Colour, find_distance, find_drawn, within
from toonseg.cuts.boxes import Box
from toonseg.cuts.closed import find_closed
from toonseg.cuts.drawings import Piece, find_pieces, sort_closed
from toonseg.cuts.frames import Sides
from toonseg.cuts.rows import Picture
from toonseg.cuts.rules import STRIPE, Edge, join_behind_stripes, join_between_rules, ruled_edge
from toonseg.cuts.scene import Scene, Sizes
from toonseg.cuts.stripes import NO_LEAPS, find_end, find_striped
from toonseg.records import PANEL, TEXT, PanelKind
from toonseg.strip import HalfStrip, Strip, shrink

_CONTEXT_PX = 8  # rows of the gutters above and below that are looked at with a band
_ANALYSED_PIXELS = 3_000_000  # of a band; taller ones are shrunk more
_REACH = 2  # pixels of the halved picture around a side in which the drawing's first one is sought
_SEARCHED = 48  # pixels along a side that are looked at for that
_ALONG = np.arange(_SEARCHED)
_INWARDS = np.arange(-_REACH, _REACH + 1) * np.array([1, 1, -1, -1])[:, None]


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


def find_panels(strip: Strip, bands: Sequence[tuple[int, int]], params: PanelParams) -> list[Drawing]:
    """Find the drawings in a strip's bands: panels and drawings of text only, sorted by row and column.

    ``bands`` are sorted and disjoint, with gutters between them; a panel lies in one of them, or in several
    where it has stripes of the gutter's colour. No bands give an empty list.
    """
    ends = [0, *(y1 for _, y1 in bands)]
    begins = [*(y0 for y0, _ in bands), strip.height]
    found: list[Piece] = []
    edges: list[Edge] = []
    for number, band in enumerate(bands):
        gutters = (band[0] - ends[number], begins[number + 1] - band[1])
        pieces, ruled = _find_in_band(strip, band, gutters, params)
        found += pieces
        edges += ruled
    found = join_behind_stripes(found, strip.width, params.min_panel_px)
    found = join_between_rules(found, edges, strip.width)
    texts = boxes.joined([piece.box for piece in found if piece.kind == TEXT], params.text_gap_px)
    panels = [piece.box for piece in found if piece.kind == PANEL]
    drawings = [Drawing(*box, PANEL) for box in panels] + [Drawing(*box, TEXT) for box in texts]
    return sorted(drawings, key=lambda drawing: (drawing.y0, drawing.x0, drawing.y1, drawing.x1))


def _find_in_band(
    strip: Strip, band: tuple[int, int], gutters_px: tuple[int, int], params: PanelParams
) -> tuple[list[Piece], list[Edge]]:
    """Find the drawings in a band, which has gutters so high above it and below.

    Gives them and the band's upper or lower edge if only one of both is ruled from side to side of the page.
    """
    above, below = (min(_CONTEXT_PX, height) for height in gutters_px)
    half = strip.half
    y0, y1 = half.line(band[0]), half.line(band[1])
    start, stop = half.line(band[0] - above), half.line(band[1] + below)
    shrunk = 1
    while (stop - start) * half.width > _ANALYSED_PIXELS * shrunk * shrunk:
        shrunk *= 2
    picture = _read_small(half, start, stop, shrunk)
    upper = _colour(picture[: max(1, (y0 - start) // shrunk)]) if above else None
    lower = _colour(picture[-max(1, (stop - y1) // shrunk) :]) if below else None
    if upper is None and lower is None:
        return [Piece((0, band[0], strip.width, band[1]), PANEL)], []
    gutters = [colour for colour in (upper, lower) if colour is not None]
    if np.array_equal(gutters[0], gutters[-1]):
        del gutters[1:]
    scene = Scene(picture, gutters, _sizes(params, 2 * shrunk))
    distance = find_distance(picture, upper, lower)
    gutter = within(distance, params.halo_levels)
    pieces = _find_pieces(scene, distance, gutter, (upper is not None, lower is not None), params)
    may_go_on = [height <= STRIPE * strip.width for height in gutters_px]
    found = []
    for piece in _with_ends(scene, gutter, pieces, may_go_on):
        _, top, _, bottom = piece.box
        rows = (half.row(min(start + top * shrunk, stop)), half.row(min(start + bottom * shrunk, stop)))
        off = _inwards(picture, piece.box, piece.level) if shrunk == 1 else (0, 0, 0, 0)
        x0, x1 = (
            max(0, piece.box[0] * 2 * shrunk + off[0]),
            min(piece.box[2] * 2 * shrunk - off[2], strip.width),
        )
        box = (x0, max(band[0], rows[0] + off[1]), x1, min(band[1], rows[1] - off[3]))
        if boxes.width(box) > 0 and boxes.height(box) > 0:
            found.append(replace(piece, box=box))
    return found, ruled_edge(gutter[(y0 - start) // shrunk : (y1 - start) // shrunk], band)


def _sizes(params: PanelParams, times: int) -> Sizes:
    """The lengths of ``params`` in pixels of a picture ``times`` smaller than the strip."""
    return Sizes(
        panel=max(2, params.min_panel_px // times),
        letter=max(1, params.max_letter_px // times),
        gap=max(1, params.min_gap_px // times - 1),  # a gap's outermost pixels are mixed with what is beside
        part=params.part_gap_px // times,
    )


def _find_pieces(
    scene: Scene,
    distance: NDArray[np.uint8],
    maybe_gutter: NDArray[np.uint8],
    beside: tuple[bool, bool],
    params: PanelParams,
) -> list[Piece]:
    """Find a scene's drawings: at a glance where they are closed, or else by flooding the gutter.

    ``distance`` and ``maybe_gutter`` (h, w) are as in ``background``; ``beside`` tells of gutters above and
    below.
    """
    sizes = scene.sizes
    closed = find_closed(maybe_gutter, sizes.gap, sizes.panel)
    if closed is not None:
        return sort_closed(scene, closed)
    sure = within(distance, params.background_levels)
    drawn = find_drawn(scene.picture, sure, maybe_gutter, beside, sizes.gap, sizes.panel)
    return find_pieces(scene, drawn)


def _with_ends(
    scene: Scene, gutter: NDArray[np.uint8], pieces: Sequence[Piece], may_go_on: Sequence[bool]
) -> list[Piece]:
    """The pieces, those that lead from side to side of the page with their ends.

    ``may_go_on`` tells whether the gutter above, and the one below, are low enough for a stripe.
    """
    across = [piece for piece in pieces if (piece.box[0], piece.box[2]) == (0, gutter.shape[1])]
    if not across:
        return list(pieces)
    across.sort(key=lambda piece: piece.box[1])
    least = scene.sizes.panel
    striped = find_striped(gutter, least)
    rest = [piece for piece in pieces if piece not in across]
    for piece in across:
        y0, y1 = piece.box[1], piece.box[3]
        above = below = NO_LEAPS
        if piece is not across[0] or may_go_on[0]:
            above = find_end(scene.picture, gutter, y0, 1)
        if piece is not across[-1] or may_go_on[1]:
            below = find_end(scene.picture, gutter, y1, -1)
        above = replace(above, striped=int(striped[y0 : min(y1, y0 + least)].max(initial=0)))
        below = replace(below, striped=int(striped[max(y0, y1 - least) : y1].max(initial=0)))
        rest.append(replace(piece, ends=(above, below)))
    return rest


def _read_small(half: HalfStrip, start: int, stop: int, times: int, window_lines: int = 1024) -> Picture:
    """The lines ``start <= line < stop`` shrunk by ``times``, read window by window."""
    if times == 1:
        return half.lines(start, stop)
    step = max(1, window_lines // times) * times
    return np.concatenate(
        [shrink(half.lines(y, min(y + step, stop)), times) for y in range(start, stop, step)]
    )


def _colour(gutter: Picture) -> Colour:
    """The colour of a gutter's lines: that of its middle, far from the drawings beside it."""
    middle = len(gutter) // 2
    lines = gutter[max(0, middle - 1) : middle + 1]
    samples = np.sort(lines[:, :: max(1, lines.shape[1] // _SEARCHED)].reshape(-1, 3), axis=0)
    return np.asarray(samples[len(samples) // 2], np.float32)


def _inwards(picture: Picture, box: Box, level: Sides) -> tuple[int, ...]:
    """By how many pixels in full scale each level side begins further inwards; 0 for others.

    The box ``x0, y0, x1, y1`` is in pixels of the ``picture``, which is at half the scale. On the way from
    the gutter inwards, what is at least three quarters as far from it as any pixel is drawn; what is at
    least one quarter as far is half gutter, half drawn.
    """
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = box
    inner = (x0 >= _REACH, y0 >= _REACH, width - x1 >= _REACH, height - y1 >= _REACH)
    if not any(straight and inside for straight, inside in zip(level, inner, strict=True)):
        return 0, 0, 0, 0
    along = np.array(
        [y0 + _ALONG * (y1 - 1 - y0) // _ALONG[-1], x0 + _ALONG * (x1 - 1 - x0) // _ALONG[-1]] * 2
    )
    ends = np.array([width, height] * 2)[:, None] - 1
    inwards = np.array([x0, y0, x1 - 1, y1 - 1])[:, None] + _INWARDS
    inwards = np.minimum(np.maximum(inwards, 0), ends)
    steps = np.array([1, width, 1, width])[:, None, None]  # from pixel to pixel inwards, in memory
    at = inwards[:, :, None] * steps + along[:, None] * steps[[1, 0, 3, 2]]
    sides = picture.reshape(-1, 3)[at].astype(np.int16)
    red, green, blue = np.abs(sides - sides[:, :1]).transpose(3, 0, 1, 2)
    away = np.maximum(np.maximum(red, green), blue).sum(axis=2).tolist()
    return tuple(
        _begin(of_side) if straight and inside else 0
        for of_side, straight, inside in zip(away, level, inner, strict=True)
    )


def _begin(away: Sequence[int]) -> int:
    """By how many pixels in full scale a drawing begins off the middle of pixels so ``away`` from gutter."""
    most = max(away)
    first = next(at for at, value in enumerate(away) if 4 * value >= most)
    return 2 * (first - _REACH) + (4 * away[first] < 3 * most) if most else 0

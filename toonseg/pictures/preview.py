"""An episode's cut at a glance: the strip scaled down in columns, what was found outlined and numbered."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from toonseg.images import encode
from toonseg.pictures.overlay import font
from toonseg.pictures.palette import INK, PAPER, RGB, Picture, class_colour
from toonseg.records import PANEL, Panel
from toonseg.store import Write, write_bytes
from toonseg.strip import HalfStrip, Strip, shrink

PANEL_COLOUR: RGB = class_colour(5)
TEXT_COLOUR: RGB = class_colour(4)
BAND_COLOUR: RGB = (70, 70, 78)
_GROUND: RGB = (232, 232, 236)
_MOST_PIXELS = 4_000_000  # of the strip scaled down
_LEAST_TIMES = 4
_MARGIN_PX = 16
_GAP_PX = 34  # between columns, with the bands' brackets and the panels' numbers
_HEAD_PX = 34
_LOWEST_PX = 600
_QUALITY = 85


def write_preview(
    folder: Path,
    name: str,
    strip: Strip,
    bands: Sequence[tuple[int, int]],
    panels: Sequence[Panel],
    write: Write = write_bytes,
) -> None:
    """Write the preview as ``folder``/NAME.jpg."""
    write(folder / f"{name}.jpg", encode(preview(strip, bands, panels), "jpg", _QUALITY))


def preview(strip: Strip, bands: Sequence[tuple[int, int]], panels: Sequence[Panel]) -> Picture:
    """Draw a strip, of a row at least, in columns of equal height; gives RGB (h, w, 3).

    Panels are numbered in their order, texts apart from them; a bracket at its left holds each band. What
    runs on in the next column is drawn in both.
    """
    half = strip.half
    times = _times(strip)
    small = _shrunk(half, times)
    height = _column_height(*small.shape[:2])
    count = math.ceil(len(small) / height)
    step = small.shape[1] + _GAP_PX
    canvas = Image.new("RGB", (2 * _MARGIN_PX + count * step, _HEAD_PX + height + _MARGIN_PX), _GROUND)
    for column in range(count):
        spot = (_MARGIN_PX + _GAP_PX + column * step, _HEAD_PX)
        canvas.paste(Image.fromarray(small[column * height : (column + 1) * height]), spot)
    sheet = _Sheet(canvas, half, times, height, step)
    for y0, y1 in bands:
        sheet.bracket(y0, y1)
    texts, drawn = [panel for panel in panels if panel.kind != PANEL], [p for p in panels if p.kind == PANEL]
    for listed, colour in ((texts, TEXT_COLOUR), (drawn, PANEL_COLOUR)):
        for number, panel in enumerate(listed, 1):
            sheet.outline(panel, colour, str(number))
    _legend(canvas, len(bands), len(drawn), len(texts))
    return np.asarray(canvas)


def _times(strip: Strip) -> int:
    """By how much the strip is scaled down: an even number."""
    least = math.ceil(math.sqrt(strip.width * strip.height / _MOST_PIXELS))
    return max(_LEAST_TIMES, least + least % 2)


def _shrunk(half: HalfStrip, times: int) -> Picture:
    step = 1024 // (times // 2) * (times // 2)
    parts = [
        shrink(half.lines(line, min(line + step, half.height)), times // 2)
        for line in range(0, half.height, step)
    ]
    return np.concatenate(parts)


def _column_height(height: int, width: int) -> int:
    """The height at which the columns fill about a square."""
    return min(height, max(_LOWEST_PX, math.ceil(math.sqrt(height * (width + _GAP_PX)))))


class _Sheet:
    """A canvas with the columns on it, on which places of the strip are found."""

    def __init__(self, canvas: Image.Image, half: HalfStrip, times: int, height: int, step: int) -> None:
        self._draw = ImageDraw.Draw(canvas)
        self._half, self._times, self._height, self._step = half, times, height, step

    def bracket(self, y0: int, y1: int) -> None:
        """Draw a bracket at the left of a band."""
        for left, top, bottom, begins, ends in self._columns(y0, y1):
            x = left - 7
            self._draw.line((x, top, x, bottom), BAND_COLOUR, 2)
            for y in [top] * begins + [bottom] * ends:
                self._draw.line((x, y, x + 4, y), BAND_COLOUR, 2)

    def outline(self, panel: Panel, colour: RGB, name: str) -> None:
        """Outline a panel and write its name in its corner."""
        x0, x1 = panel.x0 // self._times, (panel.x1 - 1) // self._times
        for left, top, bottom, begins, ends in self._columns(panel.y0, panel.y1):
            right = left + x1
            self._draw.line((left + x0, top, left + x0, bottom), colour, 2)
            self._draw.line((right, top, right, bottom), colour, 2)
            for y in [top] * begins + [bottom] * ends:
                self._draw.line((left + x0, y, right, y), colour, 2)
            if begins:
                width = self._draw.textlength(name, font(12)) + 6
                x = left + x0 - (width if panel.kind != PANEL else 0)  # a number would hide a text
                self._draw.rectangle((x, top, x + width, top + 15), fill=colour)
                self._draw.text((x + 3, top + 8), name, PAPER, font(12), anchor="lm")

    def _columns(self, y0: int, y1: int) -> list[tuple[int, int, int, bool, bool]]:
        """For each column that rows touch: its left, their top and bottom, whether they begin, and end."""
        shrunk = self._times // 2
        first, last = self._half.line(y0) // shrunk, max(0, self._half.line(y1) - 1) // shrunk
        found = []
        for column in range(first // self._height, last // self._height + 1):
            start = column * self._height
            top, bottom = max(first, start), min(last, start + self._height - 1)
            left = _MARGIN_PX + _GAP_PX + column * self._step
            y = _HEAD_PX - start
            found.append((left, y + top, y + bottom, top == first, bottom == last))
        return found


def _legend(canvas: Image.Image, bands: int, panels: int, texts: int) -> None:
    draw = ImageDraw.Draw(canvas)
    x: float = _MARGIN_PX
    for words, colour in (
        (f"{panels} panels", PANEL_COLOUR),
        (f"{texts} texts", TEXT_COLOUR),
        (f"{bands} bands", BAND_COLOUR),
    ):
        draw.rectangle((x, 11, x + 12, 23), fill=colour)
        draw.text((x + 18, 17), words, INK, font(14), anchor="lm")
        x += 36 + draw.textlength(words, font(14))

"""The four steps from page to panel as one picture, from the tables that the stages wrote."""

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw

from toonseg.geometry import Box
from toonseg.pictures.overlay import font
from toonseg.pictures.palette import INK, RGB, Picture, class_colour
from toonseg.records import PANEL, Band, Panel, Placement

_GROUND: RGB = (240, 240, 243)
_QUIET: RGB = (96, 96, 104)
_SEAM: RGB = class_colour(5)
_GUTTER: RGB = class_colour(4)
_PANEL: RGB = class_colour(6)
_TEXT: RGB = class_colour(2)
_MARGIN_PX = 28
_COLUMN_GAP_PX = 56
_HEAD_PX = 62
_PAGE_GAP_PX = 22
_TITLES = (
    ("1  crawl", "pages, as the site serves them"),
    ("2  link", "pages placed on one strip"),
    ("3  cut_rough", "bands between gutters"),
    ("4  cut", "panels, without drawings of text"),
)

Spot = tuple[int, int]  # x, y of a column's top left corner on the canvas


def steps_picture(
    strip: Picture,
    y0: int,
    placements: Sequence[Placement],
    bands: Sequence[Band],
    panels: Sequence[Panel],
    *,
    column_px: int = 250,
) -> Picture:
    """Draw the steps side by side for a window of a strip; gives RGB (h, w, 3).

    ``strip`` is the strip's picture from row ``y0`` on, at the strip's scale; the tables may hold more
    than it shows. Each of the four columns is ``column_px`` wide.
    """
    scale: float = column_px / strip.shape[1]
    y1: int = y0 + strip.shape[0]
    small = _scaled(strip, column_px, round(strip.shape[0] * scale))

    def row(y: int) -> int:
        return round((min(max(y, y0), y1) - y0) * scale)

    shown = [page for page in placements if page.y1 > y0 and page.y0 < y1]
    pages = [_page(small, row(page.y0), row(page.y1), page.scale) for page in shown]
    boxes = [
        (
            (round(panel.x0 * scale), row(panel.y0), round(panel.x1 * scale), row(panel.y1)),
            panel.kind == PANEL,
        )
        for panel in panels
    ]
    height = max(small.shape[0], sum(page.shape[0] + _PAGE_GAP_PX for page in pages) - _PAGE_GAP_PX)
    width = 2 * _MARGIN_PX + 4 * column_px + 3 * _COLUMN_GAP_PX
    canvas = Image.new("RGB", (width, _HEAD_PX + height + _MARGIN_PX), _GROUND)
    spots = [(_MARGIN_PX + at * (column_px + _COLUMN_GAP_PX), _HEAD_PX) for at in range(4)]
    for spot, (title, what) in zip(spots, _TITLES, strict=True):
        _heading(canvas, spot, title, what)
    _pages(canvas, spots[0], pages)
    _strip(canvas, spots[1], small, [row(page.y0) for page in shown[1:]])
    _bands(canvas, spots[2], small, [(row(band.y0), row(band.y1)) for band in bands])
    _panels(canvas, spots[3], small, boxes)
    return np.asarray(canvas)


def _scaled(picture: Picture, width: int, height: int) -> Picture:
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _page(small: Picture, top: int, bottom: int, scale: float) -> Picture:
    """A page's rows, at the width that it had before it was scaled on the strip."""
    if scale == 1 or bottom <= top:
        return small[top:bottom]
    return _scaled(
        small[top:bottom], max(1, round(small.shape[1] / scale)), max(1, round((bottom - top) / scale))
    )


def _heading(canvas: Image.Image, spot: Spot, title: str, what: str) -> None:
    draw = ImageDraw.Draw(canvas)
    draw.text((spot[0], 18), title, INK, font(18), anchor="lm")
    draw.text((spot[0], 42), what, _QUIET, font(13), anchor="lm")


def _pages(canvas: Image.Image, spot: Spot, pages: Sequence[Picture]) -> None:
    """Each page apart."""
    draw = ImageDraw.Draw(canvas)
    x, y = spot
    for page in pages:
        height, width = page.shape[:2]
        canvas.paste(Image.fromarray(page), (x, y))
        draw.rectangle((x - 1, y - 1, x + width, y + height), outline=_QUIET)
        y += height + _PAGE_GAP_PX


def _strip(canvas: Image.Image, spot: Spot, small: Picture, seams: Sequence[int]) -> None:
    """One strip, its pages' seams dashed."""
    draw = ImageDraw.Draw(canvas)
    canvas.paste(Image.fromarray(small), spot)
    for seam in seams:
        y = spot[1] + seam
        for x in range(spot[0] - 10, spot[0] + small.shape[1] + 10, 12):
            draw.line((x, y, x + 7, y), _SEAM, 3)


def _bands(canvas: Image.Image, spot: Spot, small: Picture, bands: Sequence[tuple[int, int]]) -> None:
    """The strip with what lies between bands hatched, and a bracket beside each band."""
    drawn = np.array(small)
    gutter = np.ones(small.shape[0], bool)
    for top, bottom in bands:
        gutter[top:bottom] = False
    y, x = np.indices(small.shape[:2])
    drawn[gutter] = np.rint(0.7 * drawn[gutter] + 0.3 * np.array(_GUTTER)).astype(np.uint8)
    drawn[gutter[:, None] & ((x + y) % 12 < 3)] = _GUTTER
    canvas.paste(Image.fromarray(drawn), spot)
    draw = ImageDraw.Draw(canvas)
    right = spot[0] + small.shape[1] + 8
    for top, bottom in bands:
        if top < bottom:
            y0, y1 = spot[1] + top + 1, spot[1] + bottom - 2
            draw.line([(right - 4, y0), (right, y0), (right, y1), (right - 4, y1)], INK, 2)


def _panels(canvas: Image.Image, spot: Spot, small: Picture, boxes: Sequence[tuple[Box, bool]]) -> None:
    """Each panel alone in its place, framed; a drawing of text (False) is faded and crossed out."""
    draw = ImageDraw.Draw(canvas)
    for (left, top, right, bottom), kept in boxes:
        if left >= right or top >= bottom:
            continue
        cut = np.array(small[top:bottom, left:right])
        if not kept:
            cut = np.rint(0.35 * cut + 0.65 * np.array(_GROUND)).astype(np.uint8)
        x0, y0, x1, y1 = spot[0] + left, spot[1] + top, spot[0] + right - 1, spot[1] + bottom - 1
        canvas.paste(Image.fromarray(cut), (x0, y0))
        if kept:
            draw.rectangle((x0, y0, x1, y1), outline=_PANEL, width=3)
        else:
            draw.rectangle((x0, y0, x1, y1), outline=_TEXT, width=2)
            draw.line((x0, y0, x1, y1), _TEXT, 2)
            draw.line((x0, y1, x1, y0), _TEXT, 2)

"""A sheet of pairs: what a person labelled beside what the model predicted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from toonseg.pictures.overlay import Shape, fitted, font, written
from toonseg.pictures.palette import INK, PAPER, RGB, Picture, class_colour

_MARGIN_PX = 24
_GAP_PX = 6  # between a label and its prediction
_CAPTION_PX = 26  # of a row, above its pairs
_LEGEND_PX = 40
_QUIET: RGB = (110, 110, 118)


@dataclass(frozen=True)
class Pair:
    """A panel with its labels and its predictions, and a caption."""

    picture: Picture
    labels: Sequence[Shape]
    predictions: Sequence[Shape]
    caption: str


def sheet(pairs: Sequence[Pair], classes: Sequence[str], width: int = 1400, row_px: int = 300) -> Picture:
    """Lay out pairs in rows of equal height under a legend of the classes; gives RGB (h, width, 3).

    A row takes as many pairs as fit at about ``row_px`` and is stretched to the sheet's width. Without
    pairs there is only the legend.
    """
    inner = width - 2 * _MARGIN_PX
    rows = _rows(pairs, inner, row_px)
    heights = [_fitting_height(row, inner, row_px) for row in rows]
    height = (
        _LEGEND_PX + sum(_CAPTION_PX + row_height + _MARGIN_PX // 2 for row_height in heights) + _MARGIN_PX
    )
    image = Image.new("RGB", (width, height), PAPER)
    _legend(image, classes)
    y = _LEGEND_PX
    for row, row_height in zip(rows, heights, strict=True):
        _row(image, row, y, row_height)
        y += _CAPTION_PX + row_height + _MARGIN_PX // 2
    return np.asarray(image)


def _rows(pairs: Sequence[Pair], inner: int, row_px: int) -> list[list[Pair]]:
    """Deal the pairs to rows: a row is full when one more would make it lower than ``row_px``."""
    rows: list[list[Pair]] = []
    for pair in pairs:
        if rows and _fitting_height([*rows[-1], pair], inner, 2 * row_px) >= row_px:
            rows[-1].append(pair)
        else:
            rows.append([pair])
    return rows


def _fitting_height(row: Sequence[Pair], inner: int, row_px: int) -> int:
    """Height at which the row's pairs fill the width; at most a third more than ``row_px``."""
    gaps = len(row) * _GAP_PX + (len(row) - 1) * _MARGIN_PX
    aspects = sum(2 * pair.picture.shape[1] / pair.picture.shape[0] for pair in row)
    return max(1, min(int((inner - gaps) / aspects), row_px * 4 // 3))


def _row(image: Image.Image, row: Sequence[Pair], y: int, height: int) -> None:
    draw = ImageDraw.Draw(image)
    x = _MARGIN_PX
    for pair in row:
        caption, its_font = written(pair.caption, 13)
        draw.text((x, y + _CAPTION_PX / 2 + 2), caption, _QUIET, its_font, anchor="lm")
        width = max(1, round(height * pair.picture.shape[1] / pair.picture.shape[0]))
        for shapes in (pair.labels, pair.predictions):
            drawn = Image.fromarray(fitted(pair.picture, shapes, width, height))
            image.paste(drawn, (x, y + _CAPTION_PX))
            draw.rectangle(
                (x - 1, y + _CAPTION_PX - 1, x + width, y + _CAPTION_PX + height), outline=(208, 208, 212)
            )
            x += width + _GAP_PX
        x += _MARGIN_PX - _GAP_PX


def _legend(image: Image.Image, classes: Sequence[str]) -> None:
    draw = ImageDraw.Draw(image)
    x, middle = float(_MARGIN_PX), _LEGEND_PX / 2 + 4
    draw.text((x, middle), "label (left) and prediction (right)", INK, font(16), anchor="lm")
    x += draw.textlength("label (left) and prediction (right)", font(16)) + 28
    for class_id, name in enumerate(classes, start=1):
        draw.rounded_rectangle((x, middle - 7, x + 14, middle + 7), radius=3, fill=class_colour(class_id))
        shown, its_font = written(name, 15, str(class_id))
        draw.text((x + 20, middle), shown, INK, its_font, anchor="lm")
        x += 20 + draw.textlength(shown, its_font) + 18

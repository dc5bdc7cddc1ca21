"""Masks drawn over a panel: translucent class colours, thin outlines, small name tags."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from toonseg.geometry import Box, Mask, mask_box
from toonseg.pictures.palette import RGB, Picture, class_colour, text_colour

TAG_PX = 11  # height of a tag's letters
_FILL = 0.42  # opacity of a mask's colour
_OUTLINE_PX = 2
_PAD_PX = 3  # around a tag's text
_ASIAN_FONTS = (  # files, wherever the system keeps its fonts: of Linux, Windows and macOS
    "NotoSansCJK-Regular.ttc",
    "NanumGothic.ttf",
    "UnDotum.ttf",
    "wqy-zenhei.ttc",
    "malgun.ttf",
    "msyh.ttc",
    "msgothic.ttc",
    "AppleSDGothicNeo.ttc",
    "Hiragino Sans GB.ttc",
)
_NO_LETTER = "\U0010ffff"  # drawn as what a font lacks
_TAG_SHARE = 0.5  # of the area of a mask's box: a larger tag would hide what it names


@dataclass(frozen=True)
class Shape:
    """One mask to draw: (h, w) of bool, its class, and a prediction's score (0 to 1) or None."""

    class_id: int
    name: str
    mask: Mask
    score: float | None = None


def overlay(picture: Picture, shapes: Sequence[Shape]) -> Picture:
    """Draw masks over an RGB (h, w, 3) picture of the same size, the later over the earlier."""
    drawn = picture.copy()
    shapes = [shape for shape in shapes if shape.mask.any()]
    for shape in shapes:
        colour = np.array(class_colour(shape.class_id), np.float32)
        under = drawn[shape.mask].astype(np.float32)
        drawn[shape.mask] = np.rint(under + _FILL * (colour - under)).astype(np.uint8)
    for shape in shapes:
        lines, _ = cv2.findContours(shape.mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(drawn, lines, -1, class_colour(shape.class_id), _OUTLINE_PX, cv2.LINE_AA)
    return _tags(drawn, shapes)


def fitted(picture: Picture, shapes: Sequence[Shape], width: int, height: int) -> Picture:
    """Scale picture and masks to a size, then draw: lines and letters keep their size in pixels."""
    shrunk = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return overlay(
        np.asarray(shrunk, np.uint8),
        [
            Shape(shape.class_id, shape.name, _scaled(shape.mask, width, height), shape.score)
            for shape in shapes
        ],
    )


@lru_cache
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font, the same on every machine; it has Latin letters."""
    found = ImageFont.load_default(size_px)
    assert isinstance(found, ImageFont.FreeTypeFont)  # the wheels bring FreeType
    return found


def lettered(text: str) -> str:
    """The text with a question mark for what ``font`` cannot write.

    >>> lettered("shirt 셔츠")
    'shirt ??'
    """
    return text.encode("latin-1", "replace").decode("latin-1")


@lru_cache
def written(text: str, size_px: int, instead: str = "") -> tuple[str, ImageFont.FreeTypeFont]:
    """A text, and a font that can write it: Pillow's own, or one of this machine's with Asian letters.

    Where there is none, ``instead`` is to be written, or without it the text as ``lettered`` gives it.

    >>> written("shirt", 11)[0]
    'shirt'
    """
    if lettered(text) == text:
        return text, font(size_px)
    for name in _ASIAN_FONTS:
        try:
            found = ImageFont.truetype(name, size_px)
        except OSError:
            continue
        if _has(found, text):
            return text, found
    return instead or lettered(text), font(size_px)


def _has(found: ImageFont.FreeTypeFont, text: str) -> bool:
    """Whether a font has each letter of a text."""
    lacking = bytes(found.getmask(_NO_LETTER))
    return all(bytes(found.getmask(letter)) != lacking for letter in text if not letter.isspace())


def _scaled(mask: Mask, width: int, height: int) -> Mask:
    shrunk = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk >= 0.5)


def _tags(picture: Picture, shapes: Sequence[Shape]) -> Picture:
    """Name each mask at its top, moved down where another name stands; the colour must do for a small one."""
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    taken: list[Box] = []
    for shape in shapes:
        score = "" if shape.score is None else f" {shape.score:.0%}"
        name, its_font = written(shape.name, TAG_PX, str(shape.class_id))
        text = name + score
        box = mask_box(shape.mask)
        place = _place(shape.mask, int(draw.textlength(text, its_font)), image.size, taken)
        if (place[2] - place[0]) * (place[3] - place[1]) > _TAG_SHARE * box[2] * box[3]:
            continue
        taken.append(place)
        ground = class_colour(shape.class_id)
        draw.rounded_rectangle(place, radius=3, fill=ground)
        _write(draw, place, text, text_colour(ground), its_font)
    return np.asarray(image)


def _place(mask: Mask, text_px: int, size: tuple[int, int], taken: Sequence[Box]) -> Box:
    """A tag's box (x0, y0, x1, y1) at the top of the mask, in the picture, clear of others if it can be."""
    rows = np.flatnonzero(mask.any(axis=1))
    top = int(rows[0])
    columns = np.flatnonzero(mask[top : top + TAG_PX].any(axis=0))
    width, height = text_px + 2 * _PAD_PX, TAG_PX + 2 * _PAD_PX
    x0 = max(0, min(int(columns.mean()) - width // 2, size[0] - width - 1))
    y0 = max(0, min(top - height // 2, size[1] - height - 1))
    free = [
        y
        for y in range(y0, min(int(rows[-1]), size[1] - height - 1), 4)
        if not any(_meet((x0, y, x0 + width, y + height), other) for other in taken)
    ]
    y0 = free[0] if free else y0
    return x0, y0, x0 + width, y0 + height


def _meet(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _write(
    draw: ImageDraw.ImageDraw, place: Box, text: str, colour: RGB, its_font: ImageFont.FreeTypeFont
) -> None:
    draw.text((place[0] + _PAD_PX, (place[1] + place[3]) / 2), text, colour, its_font, anchor="lm")

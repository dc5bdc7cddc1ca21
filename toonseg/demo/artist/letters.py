"""Lettering: speech balloons, captions, sound effects and plain text, each as a patch for the strip."""

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from toonseg.demo.artist.ink import Rgb
from toonseg.demo.artist.looks import Look

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Weight = Literal["Regular", "Bold"]

FONTS = Path(__file__).with_name("fonts")
_FAINT = 0.02  # cover that nobody sees
_FINE = 3  # shapes are drawn this many times larger and averaged down


@dataclass(frozen=True)
class Patch:
    """A picture to lay on the strip: its place, colours (h, w, 3) uint8 and cover (h, w) from 0 to 1."""

    x0: int
    y0: int
    colours: Pixels
    cover: Floats

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The patch's visible part, half-open xyxy on the strip."""
        rows = np.flatnonzero(self.cover.max(axis=1) > _FAINT)
        columns = np.flatnonzero(self.cover.max(axis=0) > _FAINT)
        return (
            self.x0 + int(columns[0]),
            self.y0 + int(rows[0]),
            self.x0 + int(columns[-1]) + 1,
            self.y0 + int(rows[-1]) + 1,
        )


@dataclass(frozen=True)
class Balloon:
    """A text set in lines, and the size in px of what will hold it, its tail left out."""

    kind: str
    lines: tuple[str, ...]
    size_px: int
    width: int
    height: int


@lru_cache(maxsize=64)
def font(weight: Weight, size_px: int) -> ImageFont.FreeTypeFont:
    """The demo's own font, drawn without optional shaping libraries so that all machines agree."""
    path = FONTS / f"NotoSansKR-{weight}-demo.otf"
    return ImageFont.truetype(path, size_px, layout_engine=ImageFont.Layout.BASIC)


def wrap(text: str, face: ImageFont.FreeTypeFont, width_px: float) -> tuple[str, ...]:
    """Break a text at its spaces into as few lines as fit in ``width_px``, of lengths as even as can be.

    A word wider than ``width_px`` keeps a line of its own.
    """
    words = text.split()
    fewest = len(_fill(words, face, width_px))
    low, high = 0.0, width_px
    for _ in range(8):
        middle = (low + high) / 2
        fits = len(_fill(words, face, middle)) <= fewest
        low, high = (low, middle) if fits else (middle, high)
    return _fill(words, face, high)


def _fill(words: list[str], face: ImageFont.FreeTypeFont, width_px: float) -> tuple[str, ...]:
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and face.getlength(longer) <= width_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple(lines)


def set_text(kind: str, text: str, look: Look, width_px: int) -> Balloon:
    """Set a text for a balloon of ``kind``: speech, shout, thought, caption or plain.

    ``width_px`` bounds the text; the balloon is wider by its own margins.
    """
    size = round(look.size_px * (1.15 if kind == "shout" else 0.94 if kind == "caption" else 1.0))
    face = font(_weight(kind), size)
    lines = wrap(text, face, width_px)
    wide = max(face.getlength(line) for line in lines)
    high = len(lines) * size * 1.36
    if kind == "caption":
        return Balloon(kind, lines, size, round(wide + 40), round(high + 22))
    if kind == "plain":
        return Balloon(kind, lines, size, round(wide + 8), round(high + 8))
    stretch = {"shout": 1.5, "thought": 1.36}.get(kind, 1.26)
    return Balloon(
        kind, lines, size, round(wide * stretch + 40), round(high * (stretch + 0.12) + 26 + wide * 0.06)
    )


def draw_balloon(
    balloon: Balloon,
    look: Look,
    x: float,
    y: float,
    tip: tuple[float, float] | None,
    rng: np.random.Generator,
) -> Patch:
    """Draw a balloon centred at strip column ``x``, row ``y``, its tail ending at ``tip`` if there is one."""
    margin = 12
    left, top = x - balloon.width / 2, y - balloon.height / 2
    right, bottom = x + balloon.width / 2, y + balloon.height / 2
    if tip is not None:
        left, right = min(left, tip[0]), max(right, tip[0])
        top, bottom = min(top, tip[1]), max(bottom, tip[1])
    x0, y0 = math.floor(left) - margin, math.floor(top) - margin
    width, height = math.ceil(right) + margin - x0, math.ceil(bottom) + margin - y0
    centre = (x - x0, y - y0)
    end = None if tip is None else (tip[0] - x0, tip[1] - y0)
    fill, ink = (look.caption_fill, look.caption_line) if balloon.kind == "caption" else (look.fill, look.ink)
    line = max(look.line_px, 1.5) if balloon.kind == "caption" else look.line_px
    if balloon.kind == "plain":
        return _plain(balloon, look, x0, y0, width, height, centre)
    body = np.zeros((height * _FINE, width * _FINE), np.uint8)
    _draw_body(body, balloon, look, centre, end, rng)
    inner = _down(body)
    cover = inner
    if line > 0:
        reach = 2 * round(line * _FINE) + 1
        brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        cover = _down(np.asarray(cv2.dilate(body, brush), np.uint8))
    colours = np.asarray(ink) + inner[..., None] * (np.asarray(fill) - np.asarray(ink))
    picture = Image.fromarray(np.rint(colours).astype(np.uint8))
    _write(picture, balloon, look.caption_text if balloon.kind == "caption" else look.text, centre)
    return Patch(x0, y0, np.asarray(picture), cover)


def draw_sound(
    text: str, look: Look, x: float, y: float, size_px: int, rng: np.random.Generator, rising: float = 0.0
) -> Patch:
    """Draw a sound effect centred at ``x``, ``y``: big letters, each with its own turn, edged.

    ``rising`` lifts each letter over the one before, in px.
    """
    face = font("Bold", size_px)
    edge = max(3, size_px // 13)
    pitch = size_px * 0.9
    width = round(pitch * (len(text) - 1) + size_px * 1.9)
    height = round(size_px * 1.9 + abs(rising) * (len(text) - 1))
    core = Image.new("L", (width, height), 0)
    rim = Image.new("L", (width, height), 0)
    for place, letter in enumerate(text):
        off = place - (len(text) - 1) / 2
        turn = float(rng.uniform(-11, 11))
        middle = (
            width / 2 + off * pitch,
            height / 2 - off * rising + float(rng.uniform(-0.05, 0.05)) * size_px,
        )
        for sheet, stroke in ((core, 0), (rim, edge)):
            glyph = Image.new("L", (round(size_px * 1.9),) * 2, 0)
            half = glyph.width / 2
            ImageDraw.Draw(glyph).text((half, half), letter, 255, face, anchor="mm", stroke_width=stroke)
            glyph = glyph.rotate(turn, Image.Resampling.BICUBIC)
            sheet.paste(255, (round(middle[0] - half), round(middle[1] - half)), glyph)
    inner = (np.asarray(core, np.float32) / np.float32(255))[..., None]
    colours = np.asarray(look.sound_edge) * (1 - inner) + np.asarray(look.sound_fill) * inner
    cover = np.asarray(rim, np.float32) / np.float32(255)
    return Patch(round(x - width / 2), round(y - height / 2), np.rint(colours).astype(np.uint8), cover)


def draw_line(text: str, weight: Weight, size_px: int, colour: Rgb, x: float, y: float) -> Patch:
    """Write one line of bare text centred at ``x``, ``y``."""
    face = font(weight, size_px)
    width, height = math.ceil(face.getlength(text)) + 8, round(size_px * 1.7)
    ink = Image.new("L", (width, height), 0)
    ImageDraw.Draw(ink).text((width / 2, height / 2), text, 255, face, anchor="mm")
    cover = np.asarray(ink, np.float32) / np.float32(255)
    colours = np.broadcast_to(np.asarray(colour, np.uint8), (height, width, 3)).copy()
    return Patch(round(x - width / 2), round(y - height / 2), colours, cover)


def _weight(kind: str) -> Weight:
    return "Bold" if kind == "shout" else "Regular"


def _write(picture: Image.Image, balloon: Balloon, colour: Rgb | int, centre: tuple[float, float]) -> None:
    pen = ImageDraw.Draw(picture)
    face = font(_weight(balloon.kind), balloon.size_px)
    leading = balloon.size_px * 1.36
    for place, line in enumerate(balloon.lines):
        off = (place - (len(balloon.lines) - 1) / 2) * leading
        pen.text((centre[0], centre[1] + off), line, colour, face, anchor="mm")


def _plain(
    balloon: Balloon, look: Look, x0: int, y0: int, width: int, height: int, centre: tuple[float, float]
) -> Patch:
    ink = Image.new("L", (width, height), 0)
    _write(ink, balloon, 255, centre)
    colours = np.broadcast_to(np.asarray(look.text, np.uint8), (height, width, 3)).copy()
    return Patch(x0, y0, colours, np.asarray(ink, np.float32) / np.float32(255))


def _down(fine: Pixels) -> Floats:
    """Average ``_FINE`` x ``_FINE`` blocks of a 0/255 sheet to cover from 0 to 1."""
    size = (fine.shape[1] // _FINE, fine.shape[0] // _FINE)
    small: Pixels = np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(small, np.float32) / np.float32(255)


def _draw_body(
    sheet: Pixels,
    balloon: Balloon,
    look: Look,
    centre: tuple[float, float],
    tip: tuple[float, float] | None,
    rng: np.random.Generator,
) -> None:
    wide, high = balloon.width / 2, balloon.height / 2
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    if balloon.kind == "caption":
        outline = np.array([(-wide, -high), (wide, -high), (wide, high), (-wide, high)])
    elif balloon.kind == "shout":
        outline = _star(wide, high, rng)
    else:
        power = 2 / look.roundness
        outline = np.stack(
            [
                np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power * wide,
                np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power * high,
            ],
            axis=1,
        )
    middle = np.asarray(centre)
    if balloon.kind == "thought":
        outline = outline * 0.9
        for spot in outline[:: 120 // 14]:
            radius = max(14.0, high * float(rng.uniform(0.26, 0.36)))
            _disc(sheet, spot * 0.96 + middle, radius)
    _shape(sheet, outline + middle)
    if tip is not None:
        _draw_tail(sheet, balloon, middle, np.asarray(tip))


def _star(wide: float, high: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """The spiky outline of a shout: points of uneven reach around an ellipse."""
    count = 26
    steps = np.arange(2 * count)
    angle = (steps + rng.uniform(-0.25, 0.25, 2 * count)) * np.pi / count
    reach = np.where(steps % 2 == 0, rng.uniform(0.96, 1.12, 2 * count), 0.83)
    star: NDArray[np.float64] = np.stack([np.cos(angle) * reach * wide, np.sin(angle) * reach * high], axis=1)
    return star


def _draw_tail(
    sheet: Pixels, balloon: Balloon, middle: NDArray[np.float64], tip: NDArray[np.float64]
) -> None:
    along = tip - middle
    length = float(np.hypot(*along))
    if length < 1:
        return
    if balloon.kind == "thought":
        for back, radius in ((0.0, 4.0), (14.0, 6.0), (31.0, 8.5)):
            _disc(sheet, tip - along / length * back, radius)
        return
    across = np.array([-along[1], along[0]]) / length
    root = min(balloon.width, balloon.height) * 0.14 + 4
    bend = across * length * 0.1
    parts = np.linspace(0, 1, 14)[:, None]
    spine = middle + along * parts + bend * (4 * parts * (1 - parts))
    half = across * root * (1 - parts)
    _shape(sheet, np.concatenate([spine + half, (spine - half)[::-1]]))


def _shape(sheet: Pixels, points: NDArray[np.float64]) -> None:
    cv2.fillPoly(sheet, [np.rint(points * _FINE * 16).astype(np.int32)], 255, cv2.LINE_8, 4)


def _disc(sheet: Pixels, centre: NDArray[np.float64], radius: float) -> None:
    at = np.rint(centre * _FINE).astype(int)
    cv2.circle(sheet, (int(at[0]), int(at[1])), round(radius * _FINE), 255, -1)

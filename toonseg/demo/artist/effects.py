"""A sheet to paint pictures without people on, and the effects comics put behind a feeling."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from toonseg.demo.artist.ink import Rgb

Pixels = NDArray[np.uint8]
_SHIFT = 4  # fixed-point bits of the coordinates given to OpenCV


class Sheet:
    """An RGB picture (h, w, 3) uint8 with smooth-edged fills and lines in px coordinates."""

    def __init__(self, width: int, height: int, top: Rgb, bottom: Rgb | None = None) -> None:
        self.width = width
        self.height = height
        self.pixels = gradient(width, height, top, bottom or top)

    def fill(self, points: ArrayLike, rgb: Rgb) -> None:
        """Fill the polygon ``points`` (n, 2)."""
        cv2.fillPoly(self.pixels, [_fixed(points)], rgb, cv2.LINE_AA, _SHIFT)

    def box(self, x0: float, y0: float, x1: float, y1: float, rgb: Rgb) -> None:
        """Fill a rectangle."""
        self.fill([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], rgb)

    def disc(self, x: float, y: float, radius: float, rgb: Rgb, flat: float = 1.0) -> None:
        """Fill a circle, or an ellipse ``flat`` times as high as wide."""
        angle = np.linspace(0, 2 * np.pi, max(16, min(72, int(radius))), endpoint=False)
        points = np.stack([x + radius * np.cos(angle), y + radius * flat * np.sin(angle)], axis=1)
        self.fill(points, rgb)

    def line(self, points: ArrayLike, rgb: Rgb, px: float = 1.0, closed: bool = False) -> None:
        """Draw a line of whole ``px`` (at least 1) through ``points``."""
        cv2.polylines(self.pixels, [_fixed(points)], closed, rgb, max(1, round(px)), cv2.LINE_AA, _SHIFT)

    def frame(self, x0: float, y0: float, x1: float, y1: float, rgb: Rgb, px: float = 1.0) -> None:
        """Draw a rectangle's outline."""
        self.line([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], rgb, px, closed=True)

    def glow(self, x: float, y: float, radius: float, rgb: Rgb, strength: float = 0.6) -> None:
        """Add light that falls off from a centre to nothing at ``radius``."""
        x0, x1 = max(0, math.floor(x - radius)), min(self.width, math.ceil(x + radius))
        y0, y1 = max(0, math.floor(y - radius)), min(self.height, math.ceil(y + radius))
        if x0 >= x1 or y0 >= y1:
            return
        across = (np.arange(x0, x1, dtype=np.float32) - np.float32(x)) / np.float32(radius)
        down = (np.arange(y0, y1, dtype=np.float32) - np.float32(y)) / np.float32(radius)
        far = np.sqrt(across[None, :] ** 2 + down[:, None] ** 2)
        light = (np.clip(1 - far, 0, 1) ** 2 * np.float32(strength))[..., None]
        part = self.pixels[y0:y1, x0:x1]
        part[:] = np.rint(part + (np.asarray(rgb, np.float32) - part) * light).astype(np.uint8)

    def blend(self, other: Pixels, part: float) -> None:
        """Mix in another picture of the same size."""
        cv2.addWeighted(other, part, self.pixels, 1 - part, 0, self.pixels)

    def soften(self, px: float) -> None:
        """Blur with a Gaussian of ``px``: a camera whose focus is on the people."""
        if px > 0.2:
            cv2.GaussianBlur(self.pixels, (0, 0), px, self.pixels)


def _fixed(points: ArrayLike) -> NDArray[np.int32]:
    scaled = np.asarray(points, np.float64) * (1 << _SHIFT)
    return np.rint(scaled).astype(np.int32).reshape(-1, 1, 2)


def gradient(width: int, height: int, top: Rgb, bottom: Rgb) -> Pixels:
    """A picture (h, w, 3) that goes from ``top`` to ``bottom``."""
    part = np.linspace(0, 1, max(height, 1))[:, None]
    column = np.rint(np.asarray(top) + (np.asarray(bottom) - np.asarray(top)) * part).astype(np.uint8)
    return np.repeat(column[:, None, :], width, axis=1)[:height]


def cloud(sheet: Sheet, x: float, y: float, size: float, rgb: Rgb, rng: np.random.Generator) -> None:
    """Fill a flat-bottomed heap of discs about ``size`` px wide."""
    for part in np.linspace(-0.5, 0.5, 6):
        radius = size * (0.2 - 0.26 * float(part) ** 2 * 1.6) * float(rng.uniform(0.75, 1.15))
        sheet.disc(x + size * float(part), y - radius * 0.5, max(3.0, radius), rgb, 0.8)
    sheet.disc(x, y, size * 0.62, rgb, 0.13)


def speed_lines(sheet: Sheet, rgb: Rgb, x: float, y: float, rng: np.random.Generator) -> None:
    """Draw wedges from the edges towards ``x``, ``y``, ending in a ring around it."""
    reach = math.hypot(sheet.width, sheet.height)
    hole = min(sheet.width, sheet.height) * 0.42
    for angle in np.arange(0, 2 * np.pi, 0.045) + rng.uniform(-0.018, 0.018):
        spread = float(rng.uniform(0.003, 0.014))
        near = hole * float(rng.uniform(0.95, 1.5))
        turn = np.array([angle, angle - spread, angle + spread]) + float(rng.uniform(-0.02, 0.02))
        radius = np.array([near, reach, reach])
        sheet.fill(np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1), rgb)


def rush_lines(sheet: Sheet, rgb: Rgb, rng: np.random.Generator) -> None:
    """Draw level streaks, as behind somebody who runs."""
    for _ in range(sheet.height // 6):
        y = float(rng.uniform(0, sheet.height))
        x = float(rng.uniform(-0.3, 1)) * sheet.width
        length, half = sheet.width * float(rng.uniform(0.2, 0.9)), float(rng.uniform(0.4, 2.4))
        sheet.fill([(x, y), (x + length * 0.5, y - half), (x + length, y), (x + length * 0.5, y + half)], rgb)


def tone(sheet: Sheet, rgb: Rgb, pitch: float, top: float, bottom: float) -> None:
    """Lay dots ``pitch`` px apart on a turned grid, from part ``top`` to part ``bottom`` of full size."""
    rows = np.arange(sheet.height, dtype=np.float32)[:, None]
    columns = np.arange(sheet.width, dtype=np.float32)[None, :]
    u = (columns + rows) * np.float32(np.pi / pitch)
    v = (columns - rows) * np.float32(np.pi / pitch)
    wave = (np.cos(u) + np.cos(v)) / 4 + 0.5  # 1 in a dot's middle, 0 between
    size = np.linspace(top, bottom, sheet.height, dtype=np.float32)[:, None]
    cover = np.clip((wave - (1 - size)) * np.float32(pitch * 0.9) + 0.5, 0, 1) * (size > 0.02)
    change = (np.asarray(rgb, np.float32) - sheet.pixels) * cover[..., None]
    sheet.pixels[:] = np.rint(sheet.pixels + change).astype(np.uint8)


def bokeh(sheet: Sheet, colours: Sequence[Rgb], count: int, size: float, rng: np.random.Generator) -> None:
    """Lay soft see-through discs of light."""
    over = Sheet(sheet.width, sheet.height, (0, 0, 0))
    over.pixels[:] = sheet.pixels
    for _ in range(count):
        x, y = rng.uniform(0, sheet.width), rng.uniform(0, sheet.height)
        over.disc(x, y, size * float(rng.uniform(0.3, 1)), colours[int(rng.integers(len(colours)))])
    over.soften(1.6)
    sheet.blend(over.pixels, 0.5)


def sparkles(sheet: Sheet, rgb: Rgb, count: int, size: float, rng: np.random.Generator) -> None:
    """Draw four-pointed stars."""
    for _ in range(count):
        x, y = rng.uniform(0, sheet.width), rng.uniform(0, sheet.height)
        angle = np.arange(8) * np.pi / 4
        reach = size * rng.uniform(0.4, 1) * np.where(np.arange(8) % 2 == 0, 1.0, 0.2)
        sheet.fill(np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], axis=1), rgb)


def rain(sheet: Sheet, rgb: Rgb, count: int, rng: np.random.Generator) -> None:
    """Draw slanting streaks of rain, half transparent."""
    over = Sheet(sheet.width, sheet.height, (0, 0, 0))
    over.pixels[:] = sheet.pixels
    for _ in range(count):
        x, y = rng.uniform(0, sheet.width * 1.1), rng.uniform(-60, sheet.height)
        length = float(rng.uniform(30, 110))
        over.line([(x, y), (x - length * 0.18, y + length)], rgb, 1 if rng.random() < 0.7 else 2)
    sheet.blend(over.pixels, 0.55)


def wash(sheet: Sheet, strength: float, rng: np.random.Generator) -> None:
    """Give the picture the uneven tint and grain of watercolour on paper."""
    size = (sheet.width, sheet.height)
    coarse = rng.normal(0, 1, (sheet.height // 120 + 3, sheet.width // 120 + 3)).astype(np.float32)
    fine = rng.normal(0, 1, (sheet.height // 3 + 2, sheet.width // 3 + 2)).astype(np.float32)
    pools = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    grain = cv2.resize(fine, size, interpolation=cv2.INTER_LINEAR)
    change = (pools * np.float32(4.5) + grain * np.float32(2.2)) * np.float32(strength)
    sheet.pixels[:] = np.clip(sheet.pixels + change[..., None], 0, 255).astype(np.uint8)

"""A vector canvas that remembers, for every pixel, which instance it shows.

Shapes are drawn at twice the final size with anti-aliasing and averaged down. Beside the picture lies
an owner buffer of the same size: a fill writes its owner's number there, so whatever is drawn later
takes the pixels of what lies below, and the visible mask of each instance is exact by construction.
Coordinates are floats in final pixels; shapes may lie partly or wholly outside the canvas.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from toonseg.demo.artist.shapes import Points, Taper, curve, ellipse, ribbon

__all__ = ["NOBODY", "Canvas", "Picture", "Points", "Region", "Rgb", "Shapes", "Taper", "curve", "ellipse"]

Rgb = tuple[int, int, int]
Picture = NDArray[np.uint8]
Blend = Literal["normal", "multiply", "screen"]
Shapes = ArrayLike | list[Points]  # one polygon (n, 2), or a list of arrays taken together
SCALE = 2  # inner pixels along one side of a final pixel
_SHIFT = 4  # fractional bits that cv2 is given
NOBODY = 0  # owner number of everything that is no instance


@dataclass(frozen=True)
class Region:
    """Inner pixels that a shape covers: ``mask`` (uint8, 0-255) with its top left corner at ``x, y``."""

    x: int
    y: int
    mask: Picture

    def intersect(self, other: Region) -> Region:
        """The product of both regions, on the rectangle that they share."""
        x0, y0 = max(self.x, other.x), max(self.y, other.y)
        x1 = min(self.x + self.mask.shape[1], other.x + other.mask.shape[1])
        y1 = min(self.y + self.mask.shape[0], other.y + other.mask.shape[0])
        if x0 >= x1 or y0 >= y1:
            return Region(x0, y0, np.zeros((0, 0), np.uint8))
        first = self.mask[y0 - self.y : y1 - self.y, x0 - self.x : x1 - self.x]
        second = other.mask[y0 - other.y : y1 - other.y, x0 - other.x : x1 - other.x]
        return Region(x0, y0, cv2.multiply(first, second, scale=1 / 255).astype(np.uint8, copy=False))


_EMPTY = Region(0, 0, np.zeros((0, 0), np.uint8))


class Canvas:
    """A picture in the making, with the visible mask of every instance drawn on it.

    Parameters
    ----------
    width, height
        Size of the final picture in px.
    paper
        One colour, or a picture (height, width, 3) uint8 to draw on.
    """

    def __init__(self, width: int, height: int, paper: Rgb | Picture) -> None:
        self.width = width
        self.height = height
        size = (width * SCALE, height * SCALE)
        if isinstance(paper, np.ndarray):
            self._ink = cv2.resize(paper, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
        else:
            row = np.tile(np.array(paper, np.uint8), width * SCALE)
            self._ink = np.tile(row, (height * SCALE, 1)).reshape(height * SCALE, width * SCALE, 3)
        self._owner = np.zeros((height * SCALE, width * SCALE), np.uint16)
        self._classes: list[str] = [""]

    def new_instance(self, class_name: str) -> int:
        """Open an instance of a class; its number is the ``owner`` of the fills that belong to it."""
        self._classes.append(class_name)
        return len(self._classes) - 1

    def cover(self, *shapes: ArrayLike, margin_px: float = 0.0, within: Region | None = None) -> Region:
        """The region that the closed polygons ``shapes``, each (n, 2), cover together; draws nothing.

        ``within`` limits it to a region.
        """
        drawn = [np.asarray(shape, np.float64).reshape(-1, 2) * SCALE for shape in shapes]
        box = self._box(np.vstack(drawn), margin_px * SCALE, within) if drawn else None
        if box is None:
            return _EMPTY
        x0, y0, x1, y1 = box
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        for shape in drawn:
            cv2.fillPoly(mask, [_fixed(shape - (x0, y0))], 255, cv2.LINE_AA, _SHIFT)
        region = Region(x0, y0, mask)
        return region if within is None else region.intersect(within)

    def fill(
        self,
        shapes: Shapes,
        rgb: Rgb,
        owner: int | None = None,
        alpha: float = 1.0,
        *,
        keep_owner: bool = False,
        within: Region | None = None,
    ) -> Region:
        """Fill a closed polygon (n, 2), or a list of them as one, and return the region covered.

        The covered pixels belong to ``owner`` afterwards (None: to nobody), or to whom they belonged
        before with ``keep_owner``. ``within`` limits the fill to a region.
        """
        drawn = _each(shapes)
        region = self.cover(*drawn, within=within)
        if alpha >= 1 and within is None:
            below = self._below(region)
            for shape in drawn:
                cv2.fillPoly(below, [_fixed(shape * SCALE - (region.x, region.y))], rgb, cv2.LINE_AA, _SHIFT)
        else:
            self._paint(region, rgb, alpha, "normal")
        if not keep_owner:
            self._own(region, owner)
        return region

    def stroke(
        self,
        points: ArrayLike,
        rgb: Rgb,
        width_px: float,
        taper: Taper = "none",
        closed: bool = False,
        *,
        owner: int | None = None,
        alpha: float = 1.0,
        within: Region | None = None,
    ) -> None:
        """Draw a line along ``points`` (n, 2).

        ``taper`` thins the line at both ends, at its tail or at its head. The pixels below keep their
        owner unless ``owner`` says whose they are now (``NOBODY``: no one's).
        """
        line = np.asarray(points, np.float64).reshape(-1, 2)
        if len(line) < 2:
            return
        alpha *= min(1.0, width_px * SCALE)
        if taper != "none":
            thin = ribbon(line, width_px, taper)
            self.fill(thin, rgb, owner, alpha, keep_owner=owner is None, within=within)
            return
        thickness = max(1, round(width_px * SCALE))
        if alpha >= 1 and within is None and owner is None:
            track = [_fixed(line * SCALE)]
            cv2.polylines(self._ink, track, closed, rgb, thickness, cv2.LINE_AA, _SHIFT)
            return
        region = self._line(line, thickness, closed, within)
        self._paint(region, rgb, alpha, "normal")
        if owner is not None:
            self._own(region, owner)

    def shade(
        self,
        shapes: Shapes,
        rgb: Rgb,
        alpha: float = 1.0,
        *,
        within: Region | None = None,
        blend: Blend = "multiply",
        blur_px: float = 0.0,
    ) -> None:
        """Tint a polygon (n, 2), or several as one: owners stay. ``blur_px`` softens the edge."""
        drawn = _each(shapes)
        if blur_px <= 0:
            self._paint(self.cover(*drawn, within=within), rgb, alpha, blend)
            return
        region = self.cover(*drawn, margin_px=2 * blur_px)
        if region.mask.size:
            side = 2 * round(blur_px * SCALE) + 1
            mask = cv2.blur(cv2.blur(region.mask, (side, side)), (side, side))
            region = Region(region.x, region.y, mask.astype(np.uint8, copy=False))
        self._paint(region if within is None else region.intersect(within), rgb, alpha, blend)

    def gradient(
        self,
        region: Region,
        start: ArrayLike,
        end: ArrayLike,
        rgb: Rgb,
        alpha: float = 1.0,
        *,
        blend: Blend = "multiply",
    ) -> None:
        """Tint a region from nothing at ``start`` to ``alpha`` at ``end`` (points); owners stay."""
        if not region.mask.size:
            return
        a = np.asarray(start, np.float64) * SCALE
        way = np.asarray(end, np.float64) * SCALE - a
        way = way / max(float(way @ way), 1e-9)
        rows, columns = region.mask.shape
        along_x = ((np.arange(columns) + region.x - a[0]) * way[0]).astype(np.float32)
        along_y = ((np.arange(rows) + region.y - a[1]) * way[1]).astype(np.float32)
        ramp = np.clip((along_y[:, None] + along_x[None, :]) * 255, 0, 255).astype(np.uint8)
        mask = cv2.multiply(region.mask, ramp, scale=1 / 255).astype(np.uint8, copy=False)
        self._paint(Region(region.x, region.y, mask), rgb, alpha, blend)

    def wet_edge(self, region: Region, rgb: Rgb, width_px: float, alpha: float) -> None:
        """Darken the inner rim of a region as drying paint does; owners stay."""
        if not region.mask.size:
            return
        side = 2 * max(1, round(width_px * SCALE)) + 1
        inside = cv2.blur(region.mask, (side, side), borderType=cv2.BORDER_REPLICATE)
        rim = cv2.multiply(region.mask, cv2.bitwise_not(inside), scale=2 / 255).astype(np.uint8, copy=False)
        self._paint(Region(region.x, region.y, rim), rgb, alpha, "multiply")

    def rim(
        self,
        region: Region,
        rgb: Rgb,
        alpha: float,
        *,
        move_px: tuple[float, float],
        blend: Blend,
    ) -> None:
        """Tint the rim that a region leaves behind when it moves by ``move_px``; owners stay."""
        if not region.mask.size:
            return
        dx, dy = move_px
        move = np.array([[1, 0, dx * SCALE], [0, 1, dy * SCALE]], np.float32)
        moved = cv2.warpAffine(region.mask, move, region.mask.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
        mask = cv2.subtract(region.mask, moved).astype(np.uint8, copy=False)
        self._paint(Region(region.x, region.y, mask), rgb, alpha, blend)

    def mottle(self, region: Region, rgb: Rgb, alpha: float) -> None:
        """Tint a region in soft blots, as pigment settles; owners stay."""
        rows, columns = region.mask.shape
        if not region.mask.size:
            return
        sheet = _blots(self.height * SCALE, self.width * SCALE)
        blots = sheet[region.y : region.y + rows, region.x : region.x + columns]
        mask = cv2.multiply(region.mask, blots, scale=1 / 255).astype(np.uint8, copy=False)
        self._paint(Region(region.x, region.y, mask), rgb, alpha, "multiply")

    def owned(self, shapes: Shapes) -> Region:
        """The part of the shapes' bounding box that belongs to any instance."""
        region = self.cover(*_each(shapes))
        rows, columns = region.mask.shape
        below = self._owner[region.y : region.y + rows, region.x : region.x + columns]
        return Region(region.x, region.y, np.where(below != NOBODY, np.uint8(255), np.uint8(0)))

    def picture(self) -> Picture:
        """The picture so far: (height, width, 3) uint8 RGB."""
        small = cv2.resize(self._ink, (self.width, self.height), interpolation=cv2.INTER_AREA)
        return small.astype(np.uint8, copy=False)

    def instances(self) -> list[tuple[str, NDArray[np.bool_]]]:
        """Class and visible mask (height, width) of every instance with a visible pixel, in drawing order.

        A final pixel belongs to the owner of most of its inner pixels (ties: the first in reading
        order), so masks never overlap.
        """
        owners = _majority(self._owner)
        seen = np.flatnonzero(np.bincount(owners.ravel(), minlength=len(self._classes)))
        return [(self._classes[number], owners == number) for number in seen if number != NOBODY]

    def _line(self, line: Points, thickness: int, closed: bool, within: Region | None) -> Region:
        shape = line * SCALE
        box = self._box(shape, thickness, within)
        if box is None:
            return _EMPTY
        x0, y0, x1, y1 = box
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.polylines(mask, [_fixed(shape - (x0, y0))], closed, 255, thickness, cv2.LINE_AA, _SHIFT)
        region = Region(x0, y0, mask)
        return region if within is None else region.intersect(within)

    def _box(self, shape: Points, margin: float, within: Region | None) -> tuple[int, int, int, int] | None:
        """Inner pixels around a shape, on the canvas and in a region's box; None if there are none."""
        if not len(shape):
            return None
        x, y = shape[:, 0], shape[:, 1]
        x0, y0 = math.floor(x.min() - margin - 1), math.floor(y.min() - margin - 1)
        x1, y1 = math.ceil(x.max() + margin + 2), math.ceil(y.max() + margin + 2)
        left, top, right, bottom = 0, 0, self.width * SCALE, self.height * SCALE
        if within is not None:
            left, top = within.x, within.y
            right, bottom = left + within.mask.shape[1], top + within.mask.shape[0]
        x0, y0, x1, y1 = max(left, x0), max(top, y0), min(right, x1), min(bottom, y1)
        return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None

    def _own(self, region: Region, owner: int | None) -> None:
        rows, columns = region.mask.shape
        below = self._owner[region.y : region.y + rows, region.x : region.x + columns]
        np.copyto(below, np.uint16(owner or NOBODY), where=region.mask > 127)

    def _below(self, region: Region) -> Picture:
        rows, columns = region.mask.shape
        return self._ink[region.y : region.y + rows, region.x : region.x + columns]

    def _paint(self, region: Region, rgb: Rgb, alpha: float, blend: Blend) -> None:
        if not region.mask.size or alpha <= 0:
            return
        below = self._below(region)
        alpha = min(alpha, 1.0)
        if blend == "multiply":
            keep = cv2.merge([_scaled(region.mask, -alpha * (255 - tone) / 255, 255) for tone in rgb])
        elif blend == "screen":
            keep = cv2.merge([_scaled(region.mask, -alpha * tone / 255, 255) for tone in rgb])
        else:
            keep = cv2.cvtColor(_scaled(region.mask, -alpha, 255), cv2.COLOR_GRAY2RGB)
        cv2.multiply(below, keep, below, scale=1 / 255)
        if blend != "multiply":
            cv2.add(below, cv2.merge([_scaled(region.mask, alpha * tone / 255, 0) for tone in rgb]), below)


def _scaled(mask: Picture, slope: float, start: float) -> Picture:
    return np.asarray(cv2.convertScaleAbs(mask, alpha=slope, beta=start), np.uint8)


def _each(shapes: Shapes) -> list[Points]:
    if isinstance(shapes, list) and shapes and isinstance(shapes[0], np.ndarray) and shapes[0].ndim == 2:
        return [np.asarray(shape, np.float64) for shape in shapes]
    return [np.asarray(shapes, np.float64).reshape(-1, 2)]


@lru_cache(maxsize=2)
def _blots(height: int, width: int) -> Picture:
    """Soft blots, 0-255: a square tile whose opposite edges meet, over and over."""
    rng = np.random.default_rng(7)
    tile = np.zeros((512, 512), np.float32)
    for cells, weight in ((4, 0.5), (9, 0.3), (24, 0.2)):
        coarse = np.pad(rng.random((cells, cells), np.float32), 2, mode="wrap")
        side = 512 * (cells + 4) // cells
        fine = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
        start = (side - 512) // 2
        tile += weight * fine[start : start + 512, start : start + 512]
    low, high = np.percentile(tile, (5, 97))
    blots = (np.clip((tile - low) / (high - low), 0, 1) ** 1.5 * 255).astype(np.uint8)
    return np.asarray(np.tile(blots, (-(-height // 512), -(-width // 512))))


def _fixed(shape: Points) -> NDArray[np.int32]:
    return (shape * (1 << _SHIFT) + 0.5).astype(np.int32)


def _majority(owner: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Commonest value in each square of 2 x 2, the first in reading order at a tie."""
    a, b, c, d = owner[::2, ::2], owner[::2, 1::2], owner[1::2, ::2], owner[1::2, 1::2]
    first = (a == b) | (a == c) | (a == d) | ((b != c) & (b != d) & (c != d))
    second = (b == c) | (b == d)
    return np.where(first, a, np.where(second, b, c))

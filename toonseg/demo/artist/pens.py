"""Drawing verbs in a figure's own coordinates, each done the way of a style.

A figure is described in heads (1 is the height of its head), x to the right, y down. A frame takes
such points to the canvas; a pen draws through a frame: parts with their outlines, inner lines,
shadows and lights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toonseg.demo.artist.ink import NOBODY, Canvas, Region, Rgb, Shapes
from toonseg.demo.artist.shapes import Points, Taper
from toonseg.demo.artist.styles import Style, mix, multiply, outline


@dataclass(frozen=True)
class Frame:
    """An affine map from figure coordinates to canvas px, as a matrix (2, 3)."""

    matrix: NDArray[np.float64]

    @classmethod
    def place(cls, x: float, y: float, scale: float, *, mirror: bool = False, lean: float = 0.0) -> Frame:
        """Figure origin at ``x, y``, one head ``scale`` px long, looking to the left if mirrored.

        ``lean`` moves the feet back: so much for each head down.
        """
        across = -scale if mirror else scale
        return cls(np.array([[across, -across * lean, x], [0, scale, y]], np.float64))

    def child(
        self, x: float, y: float, angle: float = 0.0, *, scale: float = 1.0, flip: bool = False
    ) -> Frame:
        """The frame whose origin lies at ``x, y`` of this one, turned by ``angle`` radians and scaled."""
        cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
        across = -1 if flip else 1
        inner = np.array([[cos * across, -sin, x], [sin * across, cos, y], [0, 0, 1]])
        return Frame(self.matrix @ inner)

    def __call__(self, points: ArrayLike) -> Points:
        """Points (n, 2) of this frame in canvas px."""
        flat = np.asarray(points, np.float64).reshape(-1, 2)
        return flat @ self.matrix[:, :2].T + self.matrix[:, 2]

    @property
    def mirrored(self) -> bool:
        """Whether left and right are swapped."""
        return float(np.linalg.det(self.matrix[:, :2])) < 0


@dataclass(frozen=True)
class Pen:
    """A style's hand on a canvas, in a frame. Shapes are points (n, 2) in that frame."""

    canvas: Canvas
    style: Style
    frame: Frame
    head_px: float

    def at(self, x: float, y: float, angle: float = 0.0, *, scale: float = 1.0, flip: bool = False) -> Pen:
        """The same pen in a child frame."""
        return replace(self, frame=self.frame.child(x, y, angle, scale=scale, flip=flip))

    @property
    def weight(self) -> float:
        """How much thicker lines are than at a head of 120 px."""
        return float(np.clip((self.head_px / 120) ** 0.65, 0.35, 2.4))

    @property
    def lit(self) -> int:
        """Sign of the side that lies in shadow: the light comes from the left of the picture."""
        return -1 if self.frame.mirrored else 1

    def shows(self, y: float) -> bool:
        """Whether a height of the figure lies above the canvas' lower edge."""
        return float(self.frame([(0.0, y)])[0, 1]) < self.canvas.height

    def fine(self, heads: float) -> bool:
        """Whether a detail of a length in heads is large enough to be drawn (1.2 px)."""
        return heads * self.head_px >= 1.2

    def part(
        self,
        rgb: Rgb,
        owner: int | None,
        *shapes: ArrayLike,
        edges: Sequence[ArrayLike] | None = None,
        weight: float = 1.0,
    ) -> Region:
        """Fill shapes as one part, outlined together, and give it the style's body.

        The outline lies outside the fill and belongs to the part; ``edges`` (open lines) replaces it
        where a part grows out of another of its kind.
        """
        drawn = [self.frame(shape) for shape in shapes]
        width = self.style.line_px * self.weight * weight
        if width > 0:
            lines = drawn if edges is None else [self.frame(edge) for edge in edges]
            colour = outline(self.style, rgb)
            for line in lines:
                self.canvas.stroke(line, colour, 2 * width, closed=edges is None, owner=owner or NOBODY)
        region = self.canvas.fill(drawn, rgb, owner)
        self._body(region, rgb)
        return region

    def _body(self, region: Region, rgb: Rgb) -> None:
        if self.style.shading == "cel":
            reach = 0.022 * self.head_px
            move = (reach, 0.6 * reach)
            self.canvas.rim(region, self.style.light, 0.9, move_px=move, blend="screen")
        if self.style.shading != "wash" or not region.mask.size:
            return
        pigment = mix(multiply(rgb, rgb), rgb, 0.35)
        self.canvas.mottle(region, mix((255, 255, 255), pigment, 0.5), 0.5)
        self.canvas.wet_edge(region, pigment, 0.022 * self.head_px, 0.95)

    def line(
        self,
        points: ArrayLike,
        rgb: Rgb,
        weight: float = 1.0,
        taper: Taper = "both",
        *,
        within: Region | None = None,
        owner: int | None = None,
        alpha: float = 1.0,
    ) -> None:
        """Draw an inner line in the outline colour of a part coloured ``rgb``."""
        width = max(self.style.pen_px * self.weight * weight, 0.4)
        colour = outline(self.style, rgb)
        strength = self.style.pen_alpha * alpha
        self.canvas.stroke(
            self.frame(points), colour, width, taper, within=within, owner=owner, alpha=strength
        )

    def mark(
        self, rgb: Rgb, points: ArrayLike, *, within: Region | None = None, alpha: float = 1.0
    ) -> Region:
        """Paint a patch that changes a part's colour and not whose it is."""
        return self.canvas.fill(self.frame(points), rgb, alpha=alpha, keep_owner=True, within=within)

    def shadow(self, shapes: Shapes, within: Region | None, strength: float = 1.0) -> None:
        """Lay the style's shadow on what a shape, or a list of them as one, covers of a region."""
        self.canvas.shade(
            self._mapped(shapes), self.style.shadow, strength, within=within, blur_px=self._blur_px()
        )

    def drop_shadow(self, shapes: Shapes, strength: float = 1.0) -> None:
        """Lay the shadow of a part that is drawn next on the garments and hair below it."""
        drawn = self._mapped(shapes)
        self.canvas.shade(drawn, self.style.shadow, strength, within=self.canvas.owned(drawn))

    def _mapped(self, shapes: Shapes) -> Shapes:
        several = isinstance(shapes, list) and bool(shapes) and isinstance(shapes[0], np.ndarray)
        return [self.frame(shape) for shape in shapes] if several else self.frame(shapes)  # type: ignore[union-attr]

    def _blur_px(self) -> float:
        blur = self.style.soft_edge * self.head_px
        return blur if blur > 0.4 else 0.0

    def fade(self, region: Region, start: ArrayLike, end: ArrayLike, rgb: Rgb, strength: float) -> None:
        """Darken a region gradually from one point to another."""
        a, b = self.frame(np.array([start, end], np.float64))
        self.canvas.gradient(region, a, b, rgb, strength)

"""What the drawings of one band are looked for in, and its connected parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.background import Colour, Mask
from toonseg.cuts.boxes import Box
from toonseg.cuts.marks import Marks
from toonseg.cuts.rows import Picture


@dataclass(frozen=True)
class Sizes:
    """Lengths in pixels of the picture that is looked at; what they mean is told at ``CutParams``."""

    panel: int
    letter: int
    gap: int
    part: int


@dataclass(frozen=True)
class Scene:
    """A picture (h, w, 3), the colours (3,) of the gutters around it, and the lengths that hold in it."""

    picture: Picture
    gutters: Sequence[Colour]
    sizes: Sizes

    def marks(self, box: Box, mask: Mask) -> Marks:
        """What is drawn where the mask of the box tells."""
        x0, y0, x1, y1 = box
        return Marks(self.picture[y0:y1, x0:x1], mask, self.sizes.letter, self.gutters)


def connected(drawn: NDArray[np.uint8], most_dirt: int = 0, holes: bool = False) -> list[tuple[Box, Mask]]:
    """The connected parts of more than ``most_dirt`` pixels, each with its box and its mask in it.

    A mask is filled, unless its ``holes`` are to stay: gutter that lies between parts of a drawing.
    """
    contours, _ = cv2.findContours(drawn, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        x, y, width, height = cv2.boundingRect(contour)
        if width * height > most_dirt:
            if holes and len(contours) == 1:
                mask = drawn[y : y + height, x : x + width].view(np.bool_)
            else:
                mask = np.zeros((height, width), np.bool_)
                cv2.drawContours(mask.view(np.uint8), [contour], -1, 1, cv2.FILLED, offset=(-x, -y))
                if holes:
                    mask &= drawn[y : y + height, x : x + width].view(np.bool_)
            if np.count_nonzero(mask) > most_dirt:
                found.append(((x, y, x + width, y + height), mask))
    return sorted(found, key=lambda part: (part[0][1], part[0][0]))


def square(size: int) -> NDArray[np.uint8]:
    """A square of ones, to dilate and to erode with."""
    return np.ones((size, size), np.uint8)

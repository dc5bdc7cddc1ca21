"""The connected parts of what is drawn."""

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.boxes import Box
from toonseg.cuts.rows import Mask


def connected(drawn: NDArray[np.uint8], most_dirt: int = 0, holes: bool = False) -> list[tuple[Box, Mask]]:
    """The connected parts of more than ``most_dirt`` pixels, each with its box and its mask in it.

    ``drawn`` (h, w) is 1 or 0. The parts are sorted by row and column; none give an empty list. A mask is
    filled, unless its ``holes`` are to stay: gutter that lies between parts of a drawing, and what is drawn
    in it. Then it may be a view of ``drawn``.
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

"""Bubbles that touch a figure without a frame, told apart from it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts import boxes
from toonseg.cuts.boxes import Box
from toonseg.cuts.frames import bounds
from toonseg.cuts.marks import WEAKEST_EDGE, find_leaps
from toonseg.cuts.opening import opened
from toonseg.cuts.parts import connected, square
from toonseg.cuts.rows import Mask
from toonseg.cuts.scene import Scene
from toonseg.cuts.text import FEATURES, is_bubble, is_stuck_bubble

_NECKS = (1, 3)  # multiples of the gap between parts, up to which something is a bubble's tail or its neck
_ONE_FIGURE = 0.9  # of what a bubble leaves of a drawing, from which it is one figure
_TORN_OFF = 0.4  # of a bubble's size that a figure has at least that it sticks to: more than ears and a tail
_LEAST_MARK = 4  # pixels that are uneven around the smallest of several marks


def take_bubbles(scene: Scene, loose: NDArray[np.uint8]) -> list[Box]:
    """Take the bubbles away from drawings without a frame, though they may touch a figure.

    ``loose`` (h, w) is 1 where such drawings are, else 0, and is changed. Gives the bubbles' boxes, with
    their rims. What is thinner than a square is cut off: tails by a small one, a neck between bubble and head
    by a greater one. What sticks to a figure all along its head is told by its outline.
    """
    found: list[Box] = []
    if min(loose.shape) < scene.sizes.panel:
        return found
    for times in _NECKS:
        for box, mask in connected(opened(loose, max(1, 2 * times * scene.sizes.part - 1))):
            if min(mask.shape) < scene.sizes.panel or not is_bubble(scene.marks(box, mask), torn=times > 1):
                continue
            if times == 1 or _left_beside(loose, box, mask) >= _TORN_OFF * np.count_nonzero(mask):
                found.append(_taken(loose, box, mask, scene.sizes.part))
    return found + _stuck_taken(scene, loose)


def _left_beside(loose: NDArray[np.uint8], box: Box, mask: Mask) -> int:
    """How many pixels hang together with those of the mask in its box, besides them."""
    _, labels = cv2.connectedComponents(loose)
    y = box[1] + int(np.flatnonzero(mask.any(axis=1))[0])
    x = box[0] + int(mask[y - box[1]].argmax())
    return int(np.count_nonzero(labels == labels[y, x]) - np.count_nonzero(mask))


def _stuck_taken(scene: Scene, loose: NDArray[np.uint8]) -> list[Box]:
    """Take away the bubbles that stick to a figure too broadly for that: their outlines part them from it."""
    found: list[Box] = []
    if not loose.any():
        return found
    even = (find_leaps(scene.picture) < WEAKEST_EDGE) & (loose > 0)
    for box, mask in connected(even.view(np.uint8), scene.sizes.panel**2 // 2):
        if min(mask.shape) < scene.sizes.panel or not _may_hold_text(even, box, mask):
            continue
        if is_stuck_bubble(scene.marks(box, mask)):
            rest = loose.copy()
            taken = _taken(rest, box, mask, scene.sizes.part)
            if _stuck_out(loose, rest, (box[0] + int(mask[0].argmax()), box[1])):
                loose[:] = rest
                found.append(taken)
    return found


def _may_hold_text(even: Mask, box: Box, mask: Mask) -> bool:
    """Whether enough of an even area is uneven for more marks than a face has: most are plain cloth."""
    x0, y0, x1, y1 = box
    return int(np.count_nonzero(mask & ~even[y0:y1, x0:x1])) > FEATURES * _LEAST_MARK


def _stuck_out(whole: NDArray[np.uint8], rest: NDArray[np.uint8], at: tuple[int, int]) -> bool:
    """Whether what was taken at a pixel (x, y) stuck out of one figure, which hangs together without it."""
    x, y = at
    for (x0, y0, x1, y1), part in connected(whole):
        if x0 <= x < x1 and y0 <= y < y1 and part[y - y0, x - x0]:
            left = connected(rest[y0:y1, x0:x1] * part)
            areas = [np.count_nonzero(mask) for _, mask in left]
            if areas and max(areas) >= _ONE_FIGURE * sum(areas):
                return left[int(np.argmax(areas))][0] != (0, 0, x1 - x0, y1 - y0)
    return False


def _taken(loose: NDArray[np.uint8], box: Box, mask: Mask, reach: int) -> Box:
    """Take a bubble away with its rim, which lies within ``reach`` of its mask; gives the box of both."""
    x0, y0 = max(0, box[0] - reach), max(0, box[1] - reach)
    view = loose[y0 : box[3] + reach, x0 : box[2] + reach]
    grown: NDArray[np.uint8] = np.zeros(view.shape, np.uint8)
    grown[box[1] - y0 : box[3] - y0, box[0] - x0 : box[2] - x0] = mask
    taken = (cv2.dilate(grown, square(2 * reach + 1)) > 0) & (view > 0)
    view[taken] = 0
    return boxes.shifted(bounds(taken), x0, y0)

"""A mask as the path of an SVG picture: small, sharp at any zoom."""

from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from toonseg.geometry import Rle, decode_rle, rle_box

_SLACK_PX = 0.8  # how far the path may be off the outline


def svg_path(rle: Rle) -> str:
    """The outline of a mask with its holes, in whole pixels; filled by the even-odd rule. Empty for nothing.

    >>> from toonseg.geometry import encode_rle
    >>> svg_path(encode_rle(np.pad(np.ones((3, 4), bool), 1)))
    'M1 1v3h4v-3z'
    """
    box = rle_box(rle)
    x0, y0 = box[:2]
    if box == (0, 0, 0, 0):
        return ""
    # On a grid of corners instead of pixels, so that the path runs round the pixels and not through them.
    cut = decode_rle(rle, box).view(np.uint8)
    grown = cv2.resize(cut, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    outlines, _ = cv2.findContours(grown, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE, offset=(1, 1))
    return "".join(_ring(outline, x0, y0) for outline in outlines)


def _ring(outline: Any, x0: int, y0: int) -> str:
    smooth = cv2.approxPolyDP(outline, 2 * _SLACK_PX, True)[:, 0]
    points = (smooth // 2 + np.array([x0, y0])).tolist()
    parts = [f"M{points[0][0]} {points[0][1]}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        dx, dy = to_x - x, to_y - y
        if dx and dy:
            parts.append(f"l{dx} {dy}")
        elif dx or dy:
            parts.append(f"h{dx}" if dx else f"v{dy}")
    return "".join([*parts, "z"])

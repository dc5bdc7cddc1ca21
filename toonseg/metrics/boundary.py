"""The boundary of a mask: its pixels near its outline. Cheng et al., Boundary IoU (2021)."""

import cv2
import numpy as np

from toonseg.geometry import Rle, decode_rle, encode_window, rle_box

_WIDTH = 0.02  # of the picture's diagonal, as the paper has it


def boundary_px(height: int, width: int) -> int:
    """How far the boundary reaches into a mask, on a picture of this size, in pixels.

    >>> boundary_px(30, 40), boundary_px(600, 800)
    (1, 20)
    """
    return max(1, round(_WIDTH * float(np.hypot(height, width))))


def boundary_rle(mask: Rle) -> Rle:
    """A mask's pixels within ``boundary_px`` of what is not mask, the picture's edge included.

    Only the box around the mask is looked at. Nothing has no boundary.
    """
    height, width = mask["size"]
    x0, y0, x1, y1 = rle_box(mask)
    if x0 == x1:
        return mask
    inside = decode_rle(mask, (x0, y0, x1, y1)).astype(np.uint8)
    # Eroding step by step by 3 x 3 pixels, as the paper's authors do, is eroding once by a larger square.
    square = np.ones((2 * boundary_px(height, width) + 1,) * 2, np.uint8)
    core = cv2.erode(inside, square, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return encode_window(inside > core, (x0, y0), height, width)

"""Sound effects in big letters: told by the outlines around their strokes."""

import cv2
import numpy as np

from toonseg.cuts.letters import SPECK
from toonseg.cuts.palette import Colour, coloured, find_palette
from toonseg.cuts.rows import Mask, Picture

_OUTLINES = 3  # around letters, at most
_RIM = (1, 2.2)  # pixels from a drawing's rim between which its outline is seen
_OF_RIM = 0.75  # of the rim that is of the outline's colour, and as far from the letters as most of it
_UNEVEN, _UNEVEN_PX = 0.25, 1.5  # by which an outline's width may vary, as a share of it and in pixels
_THICK = 0.3  # of the height of letters that their strokes are thick at most
_FILLS = 2  # colours of letters
_SAMPLE = 900  # pixels whose colours are counted


def have_outlines(picture: Picture, mask: Mask) -> bool:
    """Whether what is drawn, (h, w, 3) in its mask (h, w), are letters with outlines around them.

    Its rim is of one colour then, and everywhere about as far from what it goes around: another outline, or
    thin strokes of few colours. What a figure's outline goes around is thick, or has many colours.
    """
    inside = mask
    for _ in range(_OUTLINES):
        peeled = _peeled(picture, inside)
        if peeled is None:
            return False
        outline, inside = peeled
        if _are_strokes(picture, inside, outline):
            return True
    return False


def _peeled(picture: Picture, mask: Mask) -> tuple[Colour, Mask] | None:
    """The colour of the outline around a drawing, and what is left (h, w) without it; None without one."""
    ringed = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    depth = cv2.distanceTransform(ringed, cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
    rim = picture[(depth > _RIM[0]) & (depth <= _RIM[1])]
    if not len(rim):
        return None
    outline = np.median(rim, axis=0).astype(np.float32)
    if np.count_nonzero(coloured(rim[None], outline)) < _OF_RIM * len(rim):
        return None
    inner = (depth > _RIM[0]) & (coloured(picture, outline) == 0)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(inner.view(np.uint8), connectivity=8)
    real = stats[:, cv2.CC_STAT_AREA] >= SPECK
    real[0] = False
    inner = real[labels]
    if not inner.any():
        return None
    away = cv2.distanceTransform((~inner).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    away = away[(depth > 0) & (depth <= _RIM[0])]
    middle = float(np.median(away))
    even = np.mean(np.abs(away - middle) <= max(_UNEVEN_PX, _UNEVEN * middle))
    return (outline, inner) if even >= _OF_RIM else None


def _are_strokes(picture: Picture, mask: Mask, outline: Colour) -> bool:
    """Whether a drawing, not empty, is made of strokes, thin for their height, in few other colours."""
    ys, xs = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    thick = int(_THICK * min(ys[-1] - ys[0], xs[-1] - xs[0])) + 1
    block = cv2.erode(mask.view(np.uint8), np.ones((thick, thick), np.uint8), borderValue=0)
    pixels = picture[mask]
    return not block.any() and find_palette(pixels[:: 1 + len(pixels) // _SAMPLE], [outline]).count <= _FILLS

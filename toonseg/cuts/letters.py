"""What edges tell of letters: that they stand in lines, or have outlines."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.gutters import true_runs

Mask = NDArray[np.bool_]

SPECK = 6  # pixels of an edge below which it is noise
_LEAST_LETTERS = 4  # marks in lines at least
_IN_LINES = 0.85  # of the small marks that must stand in lines
_OTHERS = 0.15  # of the marks that may be neither letters nor rules
_RULES = 0.6  # of the marks that may be rules
_ON_RULE = 0.85  # of a mark that lies on straight level and upright lines, from which it is a rule
_SPAN = 0.45  # of the drawing's height that its lines span at least
_UNLIKE = 0.2  # by which letters' widths vary at least, as a share of their mean: those of lit windows do not
_RIM = 2.5  # pixels from a drawing's rim up to which an edge is the rim itself
_LAYER = 4  # pixels that edges at one depth below the rim take up
# Least shares of the pixels of letters with outlines that are on edges, and of these that lie at two depths:
_LAYERED = ((0.16, 0.8), (0.3, 0.6))


def stand_in_lines(edges: NDArray[np.uint8], max_letter: int) -> bool:
    """Whether edges (h, w), 1 or 0, are lines of letters, with rules between or frames around them.

    ``max_letter`` is the height of the tallest letter. No edges are no lines.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(edges, connectivity=8)
    on_rules = np.bincount(labels[(_straight(edges, max_letter) & edges) > 0], minlength=count)
    real = stats[:, cv2.CC_STAT_AREA] >= SPECK
    real[0] = False  # what is no edge
    marks, on_rules = stats[real], on_rules[real]
    areas = marks[:, cv2.CC_STAT_AREA]
    is_rule = on_rules >= _ON_RULE * areas
    letters = marks[~is_rule & (marks[:, cv2.CC_STAT_HEIGHT] <= max_letter)]
    lined, span = _in_lines(letters, max_letter)
    total, ruled = int(areas.sum()), int(areas[is_rule].sum())
    small, in_lines = (int(some[:, cv2.CC_STAT_AREA].sum()) for some in (letters, lined))
    widths = lined[:, cv2.CC_STAT_WIDTH]
    return (
        len(lined) >= _LEAST_LETTERS
        and in_lines >= _IN_LINES * small
        and ruled <= _RULES * total
        and total - ruled - small <= _OTHERS * total
        and span >= _SPAN * len(edges)
        and float(widths.std()) >= _UNLIKE * float(widths.mean())
    )


def run_along_rim(edges: Mask, ink: Mask) -> bool:
    """Whether edges (h, w) inside of what is drawn (h, w) lie at one depth below its rim, or at two.

    Those of letters with outlines do, and there are many of them; the more, the fewer need to.
    """
    ringed = cv2.copyMakeBorder(ink.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    depth = cv2.distanceTransform(ringed, cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
    counts = np.bincount(depth[edges & (depth > _RIM)].astype(np.intp), minlength=2 * _LAYER)
    total = int(counts.sum())
    layers = np.convolve(counts, np.ones(_LAYER, np.intp), "valid")
    outer = int(layers.argmax())
    found = int(layers[outer])
    layers[max(0, outer - _LAYER + 1) : outer + _LAYER] = 0
    found += int(layers.max())
    return any(
        total >= edgy * np.count_nonzero(ink) and found >= layered * total for edgy, layered in _LAYERED
    )


def _straight(edges: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """1 on and beside straight level and upright lines that are longer than ``longest``."""
    sizes = ((1, longest + 1), (longest + 1, 1))
    lines = [cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones(size, np.uint8)) for size in sizes]
    return np.asarray(cv2.dilate(cv2.bitwise_or(*lines), np.ones((3, 3), np.uint8)), np.uint8)


def _in_lines(marks: NDArray[Any], height: int) -> tuple[NDArray[Any], int]:
    """The marks (n, 5), as OpenCV tells of them, that stand in lines no higher than ``height``; their span.

    In a line stand two marks at least, and no mark reaches from it into the next one.
    """
    tops = marks[:, cv2.CC_STAT_TOP]
    ends = tops + marks[:, cv2.CC_STAT_HEIGHT]
    rows = np.zeros(int(ends.max(initial=0)), np.bool_)
    for top, end in zip(tops, ends, strict=True):
        rows[top:end] = True
    inside = {(y0, y1): (tops >= y0) & (tops < y1) for y0, y1 in true_runs(rows) if y1 - y0 <= height}
    lines = {span: those for span, those in inside.items() if np.count_nonzero(those) > 1}
    if not lines:
        return marks[:0], 0
    return marks[np.any(list(lines.values()), axis=0)], max(lines)[1] - min(lines)[0]

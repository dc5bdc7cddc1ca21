"""What edges tell of letters: that they stand in lines."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts.rows import Mask
from toonseg.cuts.runs import true_runs

SPECK = 6  # pixels of an edge below which it is noise
_LEAST_LETTERS = 4  # marks in lines at least
_IN_LINES = 0.85  # of the small marks that must stand in lines
_OTHERS = 0.15  # of the marks that may be neither letters nor rules
_RULES = 0.5  # of the marks that may be rules
_SPAN = 0.45  # of the drawing's height that its lines span at least
_BOXES = 0.5  # of the marks in lines that may fill their boxes
_MARGIN = 0.15  # of the drawing's smaller side, within which a mark belongs to its frame
_NOISE = 6  # pixels around a letter up to which compression leaves noise
_FAINT = 0.02  # of a window's paper that may be uneven


def stand_in_lines(edges: NDArray[np.uint8], max_letter: int) -> bool:
    """Whether edges (h, w), 1 or 0, are lines of letters, with rules between or a frame around them.

    ``max_letter`` is the height of the tallest letter. No edges are no lines.
    """
    rules = _straight(edges, max_letter) & edges
    marks = _marks_inside(edges & ~rules)
    letters = marks[marks[:, cv2.CC_STAT_HEIGHT] <= max_letter]
    lined, span = _in_lines(letters, max_letter)
    ruled = int(np.count_nonzero(_core(rules)))
    others, small, in_lines = (int(some[:, cv2.CC_STAT_AREA].sum()) for some in (marks, letters, lined))
    total = ruled + others
    return bool(
        _letters_of(lined, max_letter).sum() >= _LEAST_LETTERS
        and in_lines >= _IN_LINES * small
        and ruled <= _RULES * total
        and others - small <= _OTHERS * total
        and span >= _SPAN * len(edges)
        and np.count_nonzero(_fill_boxes(edges, lined)) <= _BOXES * len(lined)
    )


def are_alone(edges: NDArray[np.uint8], faint: Mask) -> bool:
    """Whether nothing is drawn beside edges (h, w), 1 or 0, but for a few pixels of ``faint`` ones (h, w)."""
    square = np.ones((2 * _NOISE + 1, 2 * _NOISE + 1), np.uint8)
    paper = _core(cv2.dilate(edges, square) == 0)
    return bool(np.count_nonzero(paper & _core(faint)) <= _FAINT * np.count_nonzero(paper))


def _straight(edges: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """1 on and beside straight level and upright lines that are longer than ``longest``."""
    sizes = ((1, longest + 1), (longest + 1, 1))
    lines = [cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones(size, np.uint8)) for size in sizes]
    return np.asarray(cv2.dilate(cv2.bitwise_or(*lines), np.ones((3, 3), np.uint8)), np.uint8)


def _marks_inside(edges: NDArray[np.uint8]) -> NDArray[Any]:
    """The connected marks of edges, as OpenCV tells of them (n, 5), but for those close to the rim."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(edges, connectivity=8)
    inside = np.zeros(count, np.bool_)
    inside[_core(labels)] = True
    inside[0] = False  # what is no edge
    return np.asarray(stats[inside & (stats[:, cv2.CC_STAT_AREA] >= SPECK)])


def _core(picture: NDArray[Any]) -> NDArray[Any]:
    """What lies inside of the frame of a drawing (h, w)."""
    height, width = picture.shape
    margin = int(_MARGIN * min(height, width))
    return picture[margin : height - margin, margin : width - margin]


def _letters_of(marks: NDArray[Any], max_letter: int) -> NDArray[np.intp]:
    """How many letters each of the marks (n, 5) may be: small ones run together."""
    widths, heights = marks[:, cv2.CC_STAT_WIDTH], marks[:, cv2.CC_STAT_HEIGHT]
    return np.where(2 * heights <= max_letter, np.rint(widths / heights).clip(1), 1).astype(np.intp)


def _fill_boxes(edges: NDArray[np.uint8], marks: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each of the marks (n, 5) of edges has the corners of its box: lit windows do, letters not."""
    x0, y0, width, height = marks[:, : cv2.CC_STAT_AREA].T
    corners = [(y, x) for y in (y0, y0 + height - 1) for x in (x0, x0 + width - 1)]
    return np.asarray(np.all([edges[y, x] > 0 for y, x in corners], axis=0), np.bool_)


def _in_lines(marks: NDArray[Any], height: int) -> tuple[NDArray[Any], int]:
    """The marks (n, 5), as OpenCV tells of them, that stand in lines no higher than ``height``; their span.

    In a line stand two letters at least, and no mark reaches from it into the next one.
    """
    tops = marks[:, cv2.CC_STAT_TOP]
    ends = tops + marks[:, cv2.CC_STAT_HEIGHT]
    rows = np.zeros(int(ends.max(initial=0)), np.bool_)
    for top, end in zip(tops, ends, strict=True):
        rows[top:end] = True
    inside = {(y0, y1): (tops >= y0) & (tops < y1) for y0, y1 in true_runs(rows) if y1 - y0 <= height}
    lines = {span: those for span, those in inside.items() if _letters_of(marks[those], height).sum() > 1}
    if not lines:
        return marks[:0], 0
    return marks[np.any(list(lines.values()), axis=0)], max(lines)[1] - min(lines)[0]

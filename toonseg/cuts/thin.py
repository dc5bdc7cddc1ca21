"""Panels side by side whose gap is too thin for a gutter to be flooded: the frames' lines tell of it."""

from collections.abc import Sequence

import numpy as np

from toonseg.cuts.boxes import Box
from toonseg.cuts.palette import ALIKE, Colour, coloured
from toonseg.cuts.rows import Picture
from toonseg.cuts.runs import true_runs

_THIN = 2  # pixels that a gap is wide at least, beside those that it shares with the frames
_LINE = 4  # pixels from a gap up to which a frame's line begins
_WHOLE = 0.9  # of a gap that must be of the gutter's colour, and of a frame's line that must be of one colour


def split_at_thin_gaps(picture: Picture, box: Box, gutters: Sequence[Colour], least: int) -> list[Box]:
    """The parts of a framed drawing between gaps that lead straight through it, each at least ``least`` wide.

    ``box`` lies in the ``picture`` (h, w, 3), and ``gutters`` are the colours (3,) around it. A gap is of
    such a colour from end to end, and along either side of it runs a line like those at the drawing's own
    sides: a stripe in a picture has no such lines, or ends at the picture's own frame.
    """
    x0, y0, x1, y1 = box
    view = picture[y0:y1, x0:x1]
    cut = next(filter(None, (_gap(view, colour, least) for colour in gutters)), None)
    parts = [(x0, y0, x0 + cut[0], y1), (x0 + cut[1], y0, x1, y1)] if cut else []
    if not parts:
        level = view.swapaxes(0, 1)
        cut = next(filter(None, (_gap(level, colour, least) for colour in gutters)), None)
        parts = [(x0, y0, x1, y0 + cut[0]), (x0, y0 + cut[1], x1, y1)] if cut else []
    return [piece for part in parts for piece in split_at_thin_gaps(picture, part, gutters, least)] or [box]


def _gap(view: Picture, gutter: Colour, least: int) -> tuple[int, int] | None:
    """The first gap that leads down through a drawing, as a span of its columns; seldom is there one."""
    width = view.shape[1]
    middle = np.ascontiguousarray(view[:1, least : width - least])
    if not middle.size or not coloured(middle, gutter).any():
        return None
    open_ends = coloured(np.concatenate([view[:_THIN], view[-_THIN:]]), gutter).min(axis=0) > 0
    for x0, x1 in true_runs(open_ends):
        if x1 - x0 < _THIN or x0 < least or x1 > width - least:
            continue
        shares = coloured(np.ascontiguousarray(view[:, x0:x1]), gutter).mean(axis=0) / 255
        columns = np.flatnonzero(shares >= _WHOLE)
        if len(columns) < _THIN:
            continue
        start, stop = x0 + int(columns[0]), x0 + int(columns[-1]) + 1
        lines = [_line(view[:, x : x + _LINE], gutter) for x in (0, start - _LINE, stop, width - _LINE)]
        there = [line for line in lines if line is not None]
        if len(there) == len(lines) and np.ptp(there, axis=0).max() <= ALIKE:
            return start, stop
    return None


def _line(side: Picture, gutter: Colour) -> Colour | None:
    """The colour of the line among a few columns; the gutter's own is none, and what lies between is blur."""
    colours = np.median(side, axis=0).astype(np.float32)
    away = np.abs(colours - gutter).max(axis=1)
    away[(np.abs(side - colours).max(axis=2) <= ALIKE).mean(axis=0) < _WHOLE] = 0
    best = int(away.argmax())
    return colours[best] if away[best] > ALIKE else None

"""What belongs together over several bands: pictures with stripes, and panels that only two rules frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toonseg.cuts import boxes
from toonseg.cuts.drawings import Piece
from toonseg.cuts.runs import true_runs
from toonseg.cuts.stripes import goes_on
from toonseg.records import PANEL, TEXT, PanelKind

_AT_EDGE = 3  # lines at a band's edge in which a rule there is drawn
STRIPE = 0.1  # of the page's width that a stripe in a picture is high at most
_UNEVEN = 4  # pixels by which bars, and the gaps between them, may differ in height
_AS_HIGH = 3  # pixels that a gap is high at most, for each of the halved picture that a stripe is high
_LINES_PX, _LINES = 20, 3  # between the bars of speed lines at most, and how many bars at least
_RULE_PX = 16  # that a rule is high at most
_ACROSS = 0.98  # of the page's width that it leads through
_LEVEL_SIDES = 2  # that a thing between two rules may have
_TALLEST = 6  # times the page's width


@dataclass(frozen=True)
class Edge:
    """A rule from side to side of the page, rows ``y0`` to ``y1``, and on which side it may frame a panel."""

    y0: int
    y1: int
    frames: Literal["above", "below", "either"] = "either"


def join_behind_stripes(pieces: Sequence[Piece], width: int, least: int) -> list[Piece]:
    """The pieces of a strip so wide, with those joined that stripes of the gutter's colour part.

    A picture goes on behind a stripe, or it is itself of stripes: of bars lower than ``least``, which is the
    height of the lowest panel.
    """
    across = sorted((piece for piece in pieces if piece.ends), key=lambda piece: piece.box[1])
    joined = across[:1]
    grown: list[Piece] = []
    for piece, bars in zip(across[1:], _between_bars(across, least), strict=True):
        last = joined[-1]
        gap = piece.box[1] - last.box[3]
        if bars or (0 <= gap <= STRIPE * width and goes_on(last.ends[1], piece.ends[0])):
            box = boxes.around([last.box, piece.box])
            kind: PanelKind = PANEL if boxes.height(box) >= least else TEXT
            joined[-1] = Piece(box, kind, piece.framed, piece.level, (last.ends[0], piece.ends[1]))
            grown = [its for its in grown if its is not last] + [joined[-1]]
        else:
            joined.append(piece)
    rest = [piece for piece in pieces if not piece.ends]
    inside = [piece for piece in rest if any(boxes.mostly_within(piece.box, its.box) for its in grown)]
    return joined + [piece for piece in rest if piece not in inside]


def _between_bars(across: Sequence[Piece], least: int) -> list[bool]:
    """Behind which of the pieces, but for the last, a gap follows that lies among bars lower than ``least``.

    What lies beside it is low or striped, and more than two rules: the next gap is as high, between bars as
    high as each other, or it is one of several narrow ones between mostly low pieces, as in speed lines.
    """
    heights = np.array([boxes.height(piece.box) for piece in across])
    gaps = np.array([below.box[1] - above.box[3] for above, below in pairwise(across)])
    low = heights < least
    alike = low[:-1] & low[1:] & (np.abs(np.diff(heights)) <= _UNEVEN)
    barred = []
    for at, gap in enumerate(gaps):
        beside = [other for other in (at - 1, at + 1) if 0 <= other < len(gaps)]
        even = any(alike[other] and abs(gaps[other] - gap) <= _UNEVEN for other in beside)
        if low[at] and low[at + 1]:
            its = even and bool(alike[at])
        else:
            stripes = (across[at].ends[1].striped, across[at + 1].ends[0].striped)
            striped = all(one or bar for one, bar in zip(stripes, low[at : at + 2], strict=True))
            as_high = gap <= _AS_HIGH * max(stripes)
            its = (striped and as_high) or (even and any(low[at : at + 2]))
        barred.append(bool(gap < least) and its)
    for start, stop in true_runs(gaps <= _LINES_PX):
        if np.count_nonzero(low[start : stop + 1]) >= max(_LINES, (stop + 1 - start) / 2):
            barred[start:stop] = [True] * (stop - start)
    return barred


def ruled_edge(gutter: NDArray[np.uint8], band: tuple[int, int]) -> list[Edge]:
    """The upper or the lower edge of a band, if only this one is ruled from side to side of the page.

    ``gutter`` (h, w) is not 0 where there is gutter, ``band`` its rows on the strip.
    """
    most = (1 - _ACROSS) * gutter.shape[1]
    above, below = (
        any(np.count_nonzero(row) <= most for row in rows) for rows in (gutter[:_AT_EDGE], gutter[-_AT_EDGE:])
    )
    if above == below:
        return []
    return [Edge(band[0], band[0], frames="below")] if above else [Edge(band[1], band[1], frames="above")]


def join_between_rules(pieces: Sequence[Piece], edges: Sequence[Edge], width: int) -> list[Piece]:
    """The pieces of a strip so wide, with those joined that stand between a rule and the next one.

    They are a panel if one of them is and none has a frame of its own: then the rules are its frame, and not
    what parts two scenes. Each rule frames one panel. ``edges`` are rules that drawings touch.
    """
    rules = [Edge(piece.box[1], piece.box[3]) for piece in pieces if _is_rule(piece, width)]
    joined = list(pieces)
    free = 0  # row down to which rules are taken
    for above, below in pairwise(sorted([*rules, *edges], key=lambda edge: edge.y0)):
        if above.y0 < free or below.y1 - above.y0 > _TALLEST * width:
            continue
        if above.frames == "above" or below.frames == "below":
            continue
        inside = [piece for piece in joined if above.y0 <= piece.box[1] and piece.box[3] <= below.y1]
        panels = [piece for piece in inside if piece.kind == PANEL]
        if panels and not any(_is_framed(piece) for piece in panels):
            box = boxes.around([piece.box for piece in inside])
            joined = [piece for piece in joined if piece not in inside] + [Piece(box, PANEL)]
            free = below.y1
    return joined


def _is_framed(piece: Piece) -> bool:
    """Whether a panel's frame is more than the outline of a thing: level, or as wide as the page."""
    return piece.framed and (sum(piece.level) > _LEVEL_SIDES or bool(piece.ends))


def _is_rule(piece: Piece, width: int) -> bool:
    """Whether a piece is a line from side to side of the page."""
    low = boxes.height(piece.box) <= _RULE_PX
    return piece.kind == TEXT and low and boxes.width(piece.box) >= _ACROSS * width

"""What belongs together over several bands: pictures with stripes, and panels that only two rules frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toonseg.cuts import boxes
from toonseg.cuts.drawings import Piece
from toonseg.cuts.gutters import true_runs
from toonseg.cuts.stripes import goes_on
from toonseg.records import PANEL, TEXT, PanelKind

_AT_EDGE = 3  # lines at a band's edge in which a rule there is drawn
_STRIPE = 0.1  # of the page's width that a stripe in a picture is high at most
_UNEVEN = 4  # pixels by which bars, and the gaps between them, may differ in height
_LINES_PX, _LINES = 20, 3  # between the bars of speed lines at most, and how many bars at least
_RULE_PX = 16  # that a rule is high at most
_ACROSS = 0.98  # of the page's width that it leads through
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
    for piece, bars in zip(across[1:], _between_bars(across, least), strict=True):
        last = joined[-1]
        gap = piece.box[1] - last.box[3]
        if bars or (0 <= gap <= _STRIPE * width and goes_on(last.ends[1], piece.ends[0])):
            box = boxes.around([last.box, piece.box])
            kind: PanelKind = PANEL if boxes.height(box) >= least else TEXT
            joined[-1] = Piece(box, kind, piece.level, (last.ends[0], piece.ends[1]))
        else:
            joined.append(piece)
    rest = [piece for piece in pieces if not piece.ends]
    inside = [piece for piece in rest if any(boxes.mostly_within(piece.box, its.box) for its in joined)]
    return joined + [piece for piece in rest if piece not in inside]


def _between_bars(across: Sequence[Piece], least: int) -> list[bool]:
    """Behind which of the pieces, but for the last, a gap follows that lies among bars lower than ``least``.

    Such a gap is as high as the next one, with bars as high as each other around that; or it is narrow, as are
    others before and behind it between mostly low pieces: speed lines; or it lies beside what is striped.
    """
    heights = [boxes.height(piece.box) for piece in across]
    low = [height < least for height in heights]
    gaps = [below.box[1] - above.box[3] for above, below in pairwise(across)]
    bars = [
        both == (True, True) and abs(np.diff(pair)[0]) <= _UNEVEN
        for both, pair in zip(pairwise(low), pairwise(heights), strict=True)
    ]
    barred = []
    for at, gap in enumerate(gaps):
        even = any(
            bars[other] and abs(gaps[other] - gap) <= _UNEVEN
            for other in (at - 1, at + 1)
            if 0 <= other < len(gaps)
        )
        striped = (low[at] or across[at].ends[1].striped, low[at + 1] or across[at + 1].ends[0].striped)
        both_low = low[at] and low[at + 1]
        rhythm = even and (bars[at] or not both_low)
        barred.append(
            gap < least and ((rhythm and (low[at] or low[at + 1])) or (all(striped) and not both_low))
        )
    for start, stop in true_runs(np.array([gap <= _LINES_PX for gap in gaps], np.bool_)):
        if sum(low[start : stop + 1]) >= max(_LINES, (stop + 1 - start) / 2):
            barred[start:stop] = [True] * (stop - start)
    return barred


def ruled_edge(gutter: NDArray[np.uint8], band: tuple[int, int]) -> list[Edge]:
    """The upper or the lower edge of a band, if only this one is ruled from side to side of the page.

    ``gutter`` (h, w) is not 0 where there is gutter, ``band`` its rows on the strip.
    """
    above, below = (
        bool((np.count_nonzero(rows, axis=1).min(initial=rows.shape[1])) <= (1 - _ACROSS) * rows.shape[1])
        for rows in (gutter[:_AT_EDGE], gutter[-_AT_EDGE:])
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
        if panels and not any(sum(piece.level) > 2 for piece in panels):
            box = boxes.around([piece.box for piece in inside])
            joined = [piece for piece in joined if piece not in inside] + [Piece(box, PANEL)]
            free = below.y1
    return joined


def _is_rule(piece: Piece, width: int) -> bool:
    """Whether a piece is a line from side to side of the page."""
    low = boxes.height(piece.box) <= _RULE_PX
    return piece.kind == TEXT and low and boxes.width(piece.box) >= _ACROSS * width

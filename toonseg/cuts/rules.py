"""Panels that only a rule above and one below frame: in between they may be of the gutter's own colour."""

from collections.abc import Sequence
from itertools import pairwise

from toonseg.cuts import boxes
from toonseg.cuts.drawings import Piece
from toonseg.records import PANEL, TEXT

_RULE_PX = 16  # that a rule is high at most
_ACROSS = 0.98  # of the page's width that it leads through
_TALLEST = 6  # times the page's width


def join_between_rules(pieces: Sequence[Piece], width: int) -> list[Piece]:
    """The pieces of a strip so wide, with those joined that stand between a rule and the next one.

    They are a panel if one of them is and none has a frame of its own: then the rules are its frame, and not
    what parts two scenes. Each rule frames one panel.
    """
    rules = sorted((piece.box for piece in pieces if _is_rule(piece, width)), key=lambda box: box[1])
    joined = list(pieces)
    free = 0  # row down to which rules are taken
    for above, below in pairwise(rules):
        if above[1] < free or below[3] - above[1] > _TALLEST * width:
            continue
        inside = [piece for piece in joined if above[1] <= piece.box[1] and piece.box[3] <= below[3]]
        panels = [piece for piece in inside if piece.kind == PANEL]
        if panels and not any(any(piece.level) for piece in panels):
            box = boxes.around([piece.box for piece in inside])
            joined = [piece for piece in joined if piece not in inside] + [Piece(box, PANEL)]
            free = below[3]
    return joined


def _is_rule(piece: Piece, width: int) -> bool:
    """Whether a piece is a line from side to side of the page."""
    low = boxes.height(piece.box) <= _RULE_PX
    return piece.kind == TEXT and low and boxes.width(piece.box) >= _ACROSS * width

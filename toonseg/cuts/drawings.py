"""The drawings of one band: connected parts of what is drawn, sorted into panels and texts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.cuts import boxes
from toonseg.cuts.boxes import Box
from toonseg.cuts.bridges import split_bridged
from toonseg.cuts.bubbles import take_bubbles
from toonseg.cuts.frames import ALL_SIDES, NO_SIDES, Frame, Sides, bounds, find_frame, joined_sides
from toonseg.cuts.parts import connected, square
from toonseg.cuts.rows import Mask
from toonseg.cuts.scene import Scene
from toonseg.cuts.stripes import End
from toonseg.cuts.text import is_bubble, is_caption, is_unframed_text, is_window
from toonseg.cuts.thin import split_at_thin_gaps
from toonseg.cuts.traces import find_traced
from toonseg.records import PANEL, TEXT, PanelKind

_SPECK = 6  # pixels up to which something drawn is dirt
_EFFECT = 3  # letters of a bubble, one on the other, that the letters of a sound effect are tall at most
_ALIGNED = 0.8  # of the wider one's width (or height) that two halves of a panel share
_INSIDE = 0.9  # of a framed panel's box that lies in another one's if it is no panel by itself
_RAGGED = 0.5  # of a side's columns or rows that begin along one line, up to which it is ragged


@dataclass(frozen=True)
class Piece:
    """A drawing's box and kind, and whether it has a frame; ``level`` tells of its sides, as in ``Frame``.

    ``ends`` are its top and its bottom where it leads from side to side of the page, else empty.
    """

    box: Box
    kind: PanelKind
    framed: bool = False
    level: Sides = NO_SIDES
    ends: tuple[End, ...] = field(default=(), compare=False)


@dataclass(frozen=True, eq=False)
class _Framed:
    """A drawing with a frame, its mask in its box, and the number of the connected part that it is of."""

    box: Box
    mask: Mask
    frame: Frame
    whole: int


def find_pieces(scene: Scene, drawn: Mask) -> list[Piece]:
    """Find the drawings of a scene of which the mask ``drawn`` (h, w) tells what is drawn.

    No panel lies mostly in another one, and no text in a panel. Nothing drawn gives an empty list.
    """
    framed: list[_Framed] = []
    unframed: list[tuple[Box, Mask]] = []
    for (x0, y0, x1, y1), mask, whole in _parts(scene, drawn):
        frame = find_frame(mask) if min(mask.shape) >= scene.sizes.panel else None
        if frame is None:
            unframed.append(((x0, y0, x1, y1), mask))
        else:
            inner = mask[frame.y0 : frame.y1, frame.x0 : frame.x1]
            box = boxes.shifted((frame.x0, frame.y0, frame.x1, frame.y1), x0, y0)
            framed.append(_Framed(box, inner, frame, whole))
    panels, others = _mended(framed)
    traced, unframed = find_traced(unframed, scene.sizes.panel)
    for trace in traced:
        panels += _told(scene, trace.box, _full(trace.box), trace.sides)
    for part in others:
        panels += _told(scene, part.box, part.mask, part.frame.level)
    if unframed:
        panels += _unframed(scene, unframed)
    return _apart(panels, scene.sizes.panel)


def sort_closed(scene: Scene, found: Sequence[Box]) -> list[Piece]:
    """Sort drawings that fill their boxes into panels and texts."""
    return [piece for box in found for piece in _told(scene, box, _full(box), ALL_SIDES)]


def _told(scene: Scene, box: Box, mask: Mask, level: Sides) -> list[Piece]:
    """A framed drawing as a panel or a text; as several where thin gaps lead through it."""
    parts = split_at_thin_gaps(scene.picture, box, scene.gutters, scene.sizes.panel)
    drawn = [(box, mask, level)]
    if len(parts) > 1:
        drawn = [(part, _full(part), ALL_SIDES) for part in parts]
    return [
        Piece(own, TEXT if _is_text(scene, own, its, True) else PANEL, True, sides)
        for own, its, sides in drawn
    ]


def _full(box: Box) -> Mask:
    return np.ones((boxes.height(box), boxes.width(box)), np.bool_)


def _parts(scene: Scene, drawn: Mask) -> list[tuple[Box, Mask, int]]:
    """The connected parts of a mask, split at thin gaps and where something bridges a gutter.

    Each has its own mask, and the number of the connected one that it was split off. Thin gaps come first: a
    wider one that ends at them would seem to go on behind the panel at their other side.
    """
    parts: list[tuple[Box, Mask, int]] = []
    for whole, (box, mask) in enumerate(connected(drawn.view(np.uint8), _SPECK, holes=True)):
        for thin in split_at_thin_gaps(scene.picture, box, scene.gutters, scene.sizes.panel):
            x0, y0, x1, y1 = boxes.shifted(thin, -box[0], -box[1])
            part = mask[y0:y1, x0:x1]
            for split in split_bridged(part, scene.sizes.panel, scene.sizes.gap):
                own = part[split[1] : split[3], split[0] : split[2]]
                parts.append((boxes.shifted(split, thin[0], thin[1]), own, whole))
    return parts


def _mended(framed: list[_Framed]) -> tuple[list[Piece], list[_Framed]]:
    """Panels through which a cloud of the gutter's colour leads, and the other framed drawings.

    Where two halves face each other with ragged sides and are equally wide, no gutter is between them.
    """
    left = sorted(framed, key=lambda part: (part.box[1], part.box[0]))
    panels: list[Piece] = []
    for at in (1, 0):
        for one in list(left):
            for other in list(left):
                if one not in left or other not in left or one.whole == other.whole:
                    continue
                if _faces(one, other, at):
                    left = [part for part in left if part is not one and part is not other]
                    box = boxes.around([one.box, other.box])
                    level = joined_sides(one.frame.level, other.frame.level, at)
                    panels.append(Piece(box, PANEL, True, level))
    return panels, left


def _faces(one: _Framed, other: _Framed, axis: int) -> bool:
    """Whether ``other`` follows ``one`` downwards (axis 1) or to the right (0), both sides ragged."""
    a, b = one.box, other.box
    if max(one.frame.shares[2 + axis], other.frame.shares[axis]) > _RAGGED or b[axis] < a[axis]:
        return False
    across = 1 - axis
    shared = min(a[2 + across], b[2 + across]) - max(a[across], b[across])
    return shared >= _ALIGNED * max(a[2 + across] - a[across], b[2 + across] - b[across])


def _unframed(scene: Scene, parts: Sequence[tuple[Box, Mask]]) -> list[Piece]:
    """The drawings without a frame; parts that lie near each other are one, but bubbles are apart."""
    x0, y0, x1, y1 = boxes.around([box for box, _ in parts])
    part = Scene(scene.picture[y0:y1, x0:x1], scene.gutters, scene.sizes)
    drawn: NDArray[np.uint8] = np.zeros((y1 - y0, x1 - x0), np.uint8)
    for box, mask in parts:
        drawn[box[1] - y0 : box[3] - y0, box[0] - x0 : box[2] - x0] |= mask
    pieces = [Piece(box, TEXT) for box in take_bubbles(part, drawn)]
    near = np.asarray(cv2.dilate(drawn, square(scene.sizes.part + 1)), np.uint8)
    for (left, top, right, bottom), group in connected(near):
        mask = group & (drawn[top:bottom, left:right] > 0)
        inner = bounds(mask)
        if inner[0] < inner[2]:
            box = boxes.shifted(inner, left, top)
            mask = mask[inner[1] : inner[3], inner[0] : inner[2]]
            pieces.append(Piece(box, TEXT if _is_text(part, box, mask, False) else PANEL))
    return _beside(
        [Piece(boxes.shifted(piece.box, x0, y0), piece.kind) for piece in pieces], scene.sizes.panel
    )


def _beside(pieces: list[Piece], gap: int) -> list[Piece]:
    """The pieces, those figures joined that stand beside each other: no frame parts them."""
    figures = sorted(piece.box for piece in pieces if piece.kind == PANEL)
    joined: list[Box] = []
    for box in figures:
        near = [other for other in joined if _stands_beside(box, other, gap)]
        joined = [other for other in joined if other not in near] + [boxes.around([box, *near])]
    return [piece for piece in pieces if piece.kind == TEXT] + [Piece(box, PANEL) for box in joined]


def _stands_beside(one: Box, other: Box, gap: int) -> bool:
    shared = min(one[3], other[3]) - max(one[1], other[1])
    apart = max(one[0], other[0]) - min(one[2], other[2])
    return apart <= gap and 2 * shared > min(boxes.height(one), boxes.height(other))


def _is_text(scene: Scene, box: Box, mask: Mask, framed: bool) -> bool:
    """Whether a drawing is too small for a panel or holds only text."""
    if min(mask.shape) < scene.sizes.panel:
        return True
    letter = _EFFECT * scene.sizes.letter
    marks = scene.marks(box, mask)
    low = min(mask.shape) <= letter
    if framed and (is_bubble(marks) or is_window(marks, low) or is_caption(marks)):
        return True
    # The outlines of two or three letters together may look like a frame.
    return (not framed or max(mask.shape) <= letter) and is_unframed_text(marks, len(mask) > letter)


def _apart(pieces: list[Piece], small: int) -> list[Piece]:
    """The pieces without what lies in a panel; panels that are too small count as texts."""
    panels = [p for p in pieces if p.kind == PANEL and min(boxes.width(p.box), boxes.height(p.box)) >= small]
    panels = [panel for panel in panels if not any(_lies_in(panel, other) for other in panels)]
    texts = [
        Piece(piece.box, TEXT)
        for piece in pieces
        if piece not in panels and not any(boxes.mostly_within(piece.box, panel.box) for panel in panels)
    ]
    return panels + texts


def _lies_in(panel: Piece, other: Piece) -> bool:
    """Whether a panel is but a part of another one; the boxes of two that slant may share more than half."""
    shared = boxes.overlap(panel.box, other.box)
    apart = panel.framed and other.framed and shared < _INSIDE * boxes.area(panel.box)
    return not apart and boxes.mostly_within(panel.box, other.box)

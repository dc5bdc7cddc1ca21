"""Boxes ``x0, y0, x1, y1``, half-open, and how they lie to each other."""

from collections.abc import Sequence

Box = tuple[int, int, int, int]


def width(box: Box) -> int:
    """Columns in a box."""
    return box[2] - box[0]


def height(box: Box) -> int:
    """Rows in a box."""
    return box[3] - box[1]


def area(box: Box) -> int:
    """Pixels in a box."""
    return width(box) * height(box)


def shifted(box: Box, x: int, y: int) -> Box:
    """The box moved right by ``x`` and down by ``y``."""
    return box[0] + x, box[1] + y, box[2] + x, box[3] + y


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all of them, of which there is one at least."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def overlap(one: Box, other: Box) -> int:
    """Pixels that two boxes share."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return max(0, across) * max(0, down)


def mostly_within(box: Box, other: Box) -> bool:
    """Whether more than half of a box lies in a larger one."""
    return area(box) < area(other) and 2 * overlap(box, other) > area(box)


def joined(boxes: Sequence[Box], gap: int) -> list[Box]:
    """The boxes with those joined into one that lie at most ``gap`` pixels from each other.

    >>> joined([(0, 0, 4, 4), (9, 0, 10, 4), (13, 3, 15, 4)], 3)
    [(0, 0, 4, 4), (9, 0, 15, 4)]
    """
    done: list[Box] = []
    for box in boxes:
        near, grown = [box], box
        while near:
            wide = (grown[0] - gap, grown[1] - gap, grown[2] + gap, grown[3] + gap)
            near = [other for other in done if _touches(wide, other)]
            done = [other for other in done if other not in near]
            grown = around([grown, *near])
        done.append(grown)
    return sorted(done)


def _touches(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]

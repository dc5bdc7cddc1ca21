"""What the drawings of one band are looked for in."""

from collections.abc import Sequence
from dataclasses import dataclass

from toonseg.cuts.background import Colour
from toonseg.cuts.boxes import Box
from toonseg.cuts.marks import Marks
from toonseg.cuts.rows import Mask, Picture


@dataclass(frozen=True)
class Sizes:
    """Lengths in pixels of the picture that is looked at; what they mean is told at ``CutParams``."""

    panel: int
    letter: int
    gap: int
    part: int


@dataclass(frozen=True)
class Scene:
    """A picture (h, w, 3), the colours (3,) of the gutters around it, and the lengths that hold in it."""

    picture: Picture
    gutters: Sequence[Colour]
    sizes: Sizes

    def marks(self, box: Box, mask: Mask) -> Marks:
        """What is drawn where the mask of the box tells."""
        x0, y0, x1, y1 = box
        return Marks(self.picture[y0:y1, x0:x1], mask, self.sizes.letter, self.gutters)

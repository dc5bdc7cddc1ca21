"""What a person labelled: regions of a strip with the instances drawn in them.

A label hangs on the strip, not on a cut: a region keeps its shapes exactly as they were drawn, local
to the region, and an integer anchor. So a changed threshold never costs a label.
"""

from dataclasses import dataclass

from toonseg.geometry import Box, Segmentation


@dataclass(frozen=True)
class Instance:
    """One thing of a class: all its parts, local to its region.

    ``ignored``: a person marked it as not to be learned from nor scored (COCO's ``iscrowd``).
    """

    id: int
    name: str
    segmentation: Segmentation
    ignored: bool = False


@dataclass(frozen=True)
class LabelledRegion:
    """A rectangle of a strip, from (x0, y0), in which every instance is labelled.

    ``id`` and ``source`` are its id and file name in the label file.
    """

    id: int
    series: str
    episode: str
    x0: int
    y0: int
    width: int
    height: int
    source: str
    instances: tuple[Instance, ...]

    @property
    def box(self) -> Box:
        """The region in strip pixels."""
        return self.x0, self.y0, self.x0 + self.width, self.y0 + self.height

"""What a person labelled: regions of a strip with the instances drawn in them.

A label hangs on the strip, not on a cut: a region keeps its shapes exactly as they were drawn, local
to the region, and an integer anchor. So a changed threshold never costs a label.
"""

from dataclasses import dataclass

from toonseg.geometry import Box, Segmentation


@dataclass(frozen=True)
class Origin:
    """Where something was drawn: a file's name, without folders, and the id that it has there."""

    file: str
    id: str


@dataclass(frozen=True)
class Instance:
    """One thing of a class: all its parts, local to its region.

    ``ignored``: a person marked it as not to be learned from nor scored (COCO's ``iscrowd``).
    """

    id: int
    name: str
    segmentation: Segmentation
    ignored: bool = False
    origin: Origin | None = None


@dataclass(frozen=True)
class PageUnder:
    """A page of which a region shows rows: its file's SHA-256, and its rows on the strip."""

    sha256: str
    y0: int
    y1: int


@dataclass(frozen=True)
class LabelledRegion:
    """A rectangle of a strip, from (x0, y0), in which every instance is labelled.

    ``id`` and ``source`` are its id and file name in the label file. ``width`` and ``height`` are the
    picture's on which it was drawn, and a pixel of it is ``scale`` pixels of the strip. ``episode`` is
    empty where nobody knows it. ``exact`` tells whether the anchor is known to the pixel; otherwise it
    is a first guess. ``pages`` are those that lay under it when it was anchored, from top to bottom;
    empty when nobody looked.
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
    scale: float = 1.0
    exact: bool = True
    pages: tuple[PageUnder, ...] = ()
    origin: Origin | None = None

    @property
    def box(self) -> Box:
        """The region in strip pixels."""
        return (
            self.x0,
            self.y0,
            self.x0 + max(1, round(self.width * self.scale)),
            self.y0 + max(1, round(self.height * self.scale)),
        )

    @property
    def placed(self) -> bool:
        """Whether its place on a strip is known to the pixel, so that its labels can be used."""
        return self.exact and bool(self.episode)


@dataclass(frozen=True)
class Replaced:
    """Instances that a later file replaced: ``region`` holds them alone, ``by`` names that file.

    Or a region as it was before `toonseg labels anchor`, which ``by`` names then, tore it apart.
    """

    region: LabelledRegion
    by: str


@dataclass(frozen=True)
class SeriesLabels:
    """All that a series' label file holds; regions are sorted by episode and place."""

    series: str
    regions: tuple[LabelledRegion, ...] = ()
    history: tuple[Replaced, ...] = ()

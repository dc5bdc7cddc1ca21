"""The rows of the tables that flow between stages.

Spans and boxes are half-open and in strip pixels: a box holds the columns ``x0 <= x < x1`` and the
rows ``y0 <= y < y1``. A strip is the one vertical axis on which an episode's pages lie; row 0 is the
first row of its first page. Episodes are named by text (``"12"``), since sites number them freely.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

PANEL: Final = "panel"
TEXT: Final = "text"
PanelKind = Literal["panel", "text"]


@dataclass(frozen=True)
class Page:
    """One image in an episode's archive, as the server sent it.

    ``address`` is the path of its address, without host and query, or its name in what was imported.
    """

    series: str
    episode: str
    page: int
    name: str
    width: int
    height: int
    frames: int
    bytes: int
    sha256: str
    address: str = ""


@dataclass(frozen=True)
class Placement:
    """A page on its strip: rows ``y0`` to ``y1`` after scaling both its sides by ``scale``."""

    series: str
    episode: str
    page: int
    name: str
    scale: float
    y0: int
    y1: int


@dataclass(frozen=True)
class Band:
    """A drawn stretch of the strip between two gutters: the rough cut."""

    series: str
    episode: str
    y0: int
    y1: int


@dataclass(frozen=True)
class Panel:
    """One drawing in its frame: the final cut.

    ``path`` is relative to the folder of panels (``SERIES/EPISODE/Y0-X0.png``), empty for a
    drawing of text only, which is listed but not cropped.
    """

    series: str
    episode: str
    x0: int
    y0: int
    x1: int
    y1: int
    kind: PanelKind
    path: str

    @property
    def id(self) -> str:
        """Name by which anyone who has the strip finds the panel again: ``SERIES/EPISODE/Y0-X0``."""
        return f"{self.series}/{self.episode}/{self.place}"

    @property
    def place(self) -> str:
        """Its top left corner on the strip: ``Y0-X0``."""
        return f"{self.y0:06d}-{self.x0:04d}"


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that orders numbers inside names by value.

    >>> sorted(["10.jpg", "9.jpg", "a2", "a10"], key=natural_key)
    ['9.jpg', '10.jpg', 'a2', 'a10']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", text)
    return tuple((0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in parts)

"""The plan of an episode as records: numbers and words only, before anything is drawn."""

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from toonseg.demo.artist.ink import Rgb
from toonseg.demo.artist.people import Facing
from toonseg.demo.artist.scripts import Line

Box = tuple[int, int, int, int]
Shot = Literal["close", "near", "middle", "far"]
Edge = Literal["framed", "bleeding", "open"]


@dataclass(frozen=True)
class Part:
    """A person in a panel: which of the scene's people, and the crown and head height in panel px.

    ``tone`` is how the person speaks, empty for a listener.
    """

    who: int
    x: float
    y: float
    head_px: float
    facing: Facing
    tone: str


@dataclass(frozen=True)
class Cell:
    """A panel: its box on the strip, its frame, and what to draw in it.

    ``backdrop`` is empty for a figure that stands on the paper itself; ``thing`` names an object drawn
    instead of people. ``slant`` lifts the right end of the lower edge, in px. ``free`` lets balloons
    stick out of the frame.
    """

    box: Box
    edge: Edge
    line_px: int
    line: Rgb
    slant: int
    backdrop: str
    zoom: float
    thing: str
    scene: int
    people: tuple[Part, ...]
    texts: tuple[Line, ...]
    free: bool


@dataclass(frozen=True)
class Paper:
    """Rows of the strip and the colour of their gutters, from the first row to the last."""

    y0: int
    y1: int
    top: Rgb
    bottom: Rgb


@dataclass(frozen=True)
class Loose:
    """A drawing of text only in a gutter: its centre, and its kind: line, title, credits."""

    kind: Literal["line", "title", "credits"]
    text: Line
    x: float
    y: float
    dark: bool


@dataclass(frozen=True)
class Plan:
    """An episode before it is drawn."""

    series: str
    number: int
    width: int
    height: int
    papers: tuple[Paper, ...]
    cells: tuple[Cell, ...]
    loose: tuple[Loose, ...]


def seed(series: str, number: int, *more: int) -> np.random.Generator:
    """The random generator of an episode, or of one numbered part of it."""
    return np.random.default_rng([zlib.crc32(series.encode()), number, *more])

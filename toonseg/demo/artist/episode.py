"""An episode as a site would serve it, and the exact truth of what is on its pages."""

from collections.abc import Iterable
from dataclasses import dataclass

from toonseg.demo.artist.board import Drawing, Instance, draw_strip
from toonseg.demo.artist.pages import slice_pages
from toonseg.demo.artist.plan import Box, seed
from toonseg.demo.artist.scripts import SCRIPTS
from toonseg.errors import ToonsegError


@dataclass(frozen=True)
class Episode:
    """An episode and its truth, all in strip pixels.

    ``panels`` are boxes of drawings, frame included; ``texts`` boxes of drawings that are text only;
    ``bands`` the stretches of rows between gutters (texts' too); ``instances`` the visible masks, none
    overlapping another, each naming its panel by index.
    """

    series: str
    number: int
    title: str
    width: int
    height: int
    pages: tuple[tuple[str, bytes], ...]
    panels: tuple[Box, ...]
    texts: tuple[Box, ...]
    bands: tuple[tuple[int, int], ...]
    instances: tuple[Instance, ...]


def draw_episode(series: str, number: int) -> Episode:
    """Draw episode ``number`` (from 1) of a demo series; the same arguments give the same bytes.

    Raises ToonsegError when there is no such series or episode.
    """
    episode_title(series, number)
    return publish(series, number, draw_strip(series, number))


def publish(series: str, number: int, drawing: Drawing) -> Episode:
    """Slice a drawn strip in pages and keep its truth."""
    height, width = drawing.strip.shape[:2]
    return Episode(
        series,
        number,
        episode_title(series, number),
        width,
        height,
        slice_pages(drawing.strip, f"{series}_{number}", seed(series, number, 3)),
        drawing.panels,
        drawing.texts,
        _spans(drawing.extents),
        drawing.instances,
    )


def episode_title(series: str, number: int) -> str:
    """The printed title of an episode. Raises ToonsegError when there is none."""
    if series not in SCRIPTS:
        raise ToonsegError(f"the demo has no series '{series}': it has {', '.join(SCRIPTS)}")
    titles = SCRIPTS[series].titles
    if not 1 <= number <= len(titles):
        raise ToonsegError(f"the demo's {series} has the episodes 1 to {len(titles)}, not {number}")
    return f"제{number}화 {titles[number - 1]}"


def _spans(boxes: Iterable[Box]) -> tuple[tuple[int, int], ...]:
    """The stretches of rows that boxes cover, in order, those that touch joined."""
    spans: list[tuple[int, int]] = []
    for _, y0, _, y1 in sorted(boxes, key=lambda box: box[1]):
        if spans and y0 <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], y1))
        else:
            spans.append((y0, y1))
    return tuple(spans)

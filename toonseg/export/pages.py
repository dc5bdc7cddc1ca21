"""The pages of a series as they may be shared: their places and digests, without their pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from toonseg.archive import read_page, read_pages
from toonseg.console import progress
from toonseg.digests import perceptual_hash
from toonseg.errors import ToonsegError
from toonseg.images import decode
from toonseg.parallel import Task, map_tasks
from toonseg.records import Placement
from toonseg.store import Source, Write, read_table


@dataclass(frozen=True)
class SharedPage:
    """A page in its episode: its digests, its size, and its rows ``y0`` to ``y1`` on the strip."""

    series: str
    episode: str
    page: int
    name: str
    width: int
    height: int
    sha256: str
    phash: str
    scale: float
    y0: int
    y1: int


def shared_pages(pages: Path, strips: Path, series: str) -> list[SharedPage]:
    """Every page of a series in the order of its strips; each is decoded once, several episodes side by side.

    ``pages`` is the folder of all series' CBZ files, ``strips`` that of their placements. Raises ToonsegError
    when one of them cannot be read, or they do not fit each other.
    """
    placements = read_table(strips / f"{series}.csv", Placement)
    tasks = [
        Task(tuple(placed), (pages / series / f"{episode}.cbz",))
        for episode, placed in groupby(placements, key=lambda its: its.episode)
    ]
    found = progress(map_tasks(_shared_pages, tasks), f"digest {series}", "episode", len(tasks))
    return [page for episode in found for page in episode]


def _shared_pages(placements: Sequence[Placement], files: Sequence[Source], _: Write) -> list[SharedPage]:
    """An episode's pages, of its archive."""
    (archive,) = files
    series, episode = placements[0].series, placements[0].episode
    listed = {page.name: page for page in read_pages(archive, series)}
    found = []
    for its in placements:
        if its.name not in listed:
            raise ToonsegError(f"{archive} has no page {its.name}: run `dvc repro` to link it again")
        page = listed[its.name]
        hashed = perceptual_hash(decode(read_page(archive, page), f"{archive}, page {page.name}"))
        facts = (page.width, page.height, page.sha256, hashed, its.scale, its.y0, its.y1)
        found.append(SharedPage(series, episode, page.page, page.name, *facts))
    return found

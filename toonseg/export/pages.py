"""The pages of a series as they may be shared: their places and digests, without their pixels."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from toonseg.archive import read_page, read_pages
from toonseg.console import progress
from toonseg.digests import perceptual_hash
from toonseg.errors import ToonsegError
from toonseg.images import decode
from toonseg.records import Placement
from toonseg.store import read_table


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
    """Every page of a series in the order of its strips; each is decoded once, one at a time.

    ``pages`` is the folder of all series' CBZ files, ``strips`` that of their placements. Raises ToonsegError
    when one of them cannot be read, or they do not fit each other.
    """
    placements = read_table(strips / f"{series}.csv", Placement)
    found = []
    for episode, placed in groupby(
        progress(placements, f"digest {series}", "page"), key=lambda its: its.episode
    ):
        archive = pages / series / f"{episode}.cbz"
        listed = {page.name: page for page in read_pages(archive, series)}
        for its in placed:
            if its.name not in listed:
                raise ToonsegError(f"{archive} has no page {its.name}: run `dvc repro` to link it again")
            page = listed[its.name]
            hashed = perceptual_hash(decode(read_page(archive, page), f"{archive}, page {page.name}"))
            size = (page.width, page.height)
            found.append(
                SharedPage(
                    series,
                    episode,
                    page.page,
                    page.name,
                    *size,
                    page.sha256,
                    hashed,
                    its.scale,
                    its.y0,
                    its.y1,
                )
            )
    return found

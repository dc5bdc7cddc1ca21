"""The strip of an episode whose pages lie in a CBZ."""

from collections.abc import Sequence
from pathlib import Path

from toonseg.archive import read_page, read_pages
from toonseg.errors import ToonsegError
from toonseg.images import Picture, decode
from toonseg.records import Placement
from toonseg.strip import Strip


def open_strip(archive: Path, placements: Sequence[Placement]) -> Strip:
    """Open the strip of one episode, whose pages are decoded when their rows are asked for.

    Raises ToonsegError that names the archive (and, on reading, the page) when the archive is missing or
    damaged, or no longer holds the pages that were placed.
    """
    series = placements[0].series if placements else ""
    pages = {page.name: page for page in read_pages(archive, series)}
    if {placement.name for placement in placements} != set(pages):
        raise ToonsegError(f"{archive} holds other pages than its strip: run `dvc repro` to link it again")

    def decoded(placement: Placement) -> Picture:
        page = pages[placement.name]
        return decode(read_page(archive, page), f"{archive}, page {page.name}")

    return Strip(placements, decoded)

"""Strips of episodes whose pages lie in CBZ files: placed by their sizes, opened to read rows."""

from collections.abc import Sequence
from pathlib import Path

from toonseg.archive import episodes, read_page, read_pages
from toonseg.errors import ToonsegError
from toonseg.images import decode, decode_half
from toonseg.records import Placement
from toonseg.strip import Strip, common_width, place_pages


def link_series(folder: Path) -> list[Placement]:
    """Place the pages of the episodes in ``folder``, whose name is the series', each on its own strip.

    All strips are as wide as most of the series' pages. Raises ToonsegError when there are no episodes, or
    an archive cannot be read or lists no pages.
    """
    archives = episodes(folder)
    if not archives:
        raise ToonsegError(f"{folder} holds no episodes: crawl the series first")
    listed = [read_pages(archive, folder.name) for archive in archives]
    for archive, pages in zip(archives, listed, strict=True):
        if not pages:
            raise ToonsegError(f"{archive} holds no pages: delete it and crawl again")
    width_px = common_width([page for pages in listed for page in pages])
    return [placement for pages in listed for placement in place_pages(pages, width_px)]


def open_strip(archive: Path, placements: Sequence[Placement]) -> Strip:
    """Open the strip of one episode, whose pages are decoded when their rows are asked for.

    Raises ToonsegError that names the archive (and, on reading, the page) when the archive is missing or
    damaged, or no longer holds the pages that were placed.
    """
    series = placements[0].series if placements else ""
    pages = {page.name: page for page in read_pages(archive, series)}
    if {placement.name for placement in placements} != set(pages):
        raise ToonsegError(f"{archive} holds other pages than its strip: run `dvc repro` to link it again")

    first = min(placements, key=lambda placement: placement.y0, default=None)
    width_px = round(pages[first.name].width * first.scale) if first else 0

    def file(placement: Placement) -> tuple[bytes, str]:
        page = pages[placement.name]
        return read_page(archive, page), f"{archive}, page {page.name}"

    return Strip(placements, lambda p: decode(*file(p)), lambda p: decode_half(*file(p)), width_px)

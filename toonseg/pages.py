"""Strips of episodes whose pages lie in CBZ files: placed by their sizes, opened to read rows."""

from collections.abc import Callable, Sequence
from pathlib import Path

from toonseg.archive import episodes, read_page, read_pages
from toonseg.errors import ImageError, ToonsegError
from toonseg.images import decode, decode_half
from toonseg.parallel import Task, map_tasks
from toonseg.records import Page, Placement
from toonseg.store import Source, Write
from toonseg.strip import Strip, common_width, place_pages

MOST_TIMES_WIDER = 16  # a page scaled by more would not be legible beside the others
_MANY = 2000  # episodes from which it is worth the start of processes to share their tables out


def link_series(folder: Path) -> list[Placement]:
    """Place the pages of the episodes in ``folder``, whose name is the series', each on its own strip.

    All strips are as wide as most of the series' pages. Raises ToonsegError when there are no episodes, or
    an archive cannot be read or lists no pages.
    """
    archives = episodes(folder)
    if not archives:
        raise ToonsegError(f"{folder} holds no episodes: crawl the series first")
    tasks = [Task(folder.name, (archive,)) for archive in archives]
    listed = list(map_tasks(_list_pages, tasks, processes=None if len(tasks) >= _MANY else 1))
    for archive, pages in zip(archives, listed, strict=True):
        if not pages:
            raise ToonsegError(f"{archive} holds no pages: delete it and crawl again")
    archives_of = {archive.stem: archive for archive in archives}
    check_sizes(
        [page for pages in listed for page in pages],
        lambda page: f"{archives_of[page.episode]}, page {page.name}",
    )
    width_px = common_width([page for pages in listed for page in pages])
    return [placement for pages in listed for placement in place_pages(pages, width_px)]


def _list_pages(series: str, files: Sequence[Source], _: Write) -> list[Page]:
    return read_pages(files[0], series)


def check_sizes(pages: Sequence[Page], label: Callable[[Page], str]) -> None:
    """Raise ImageError that names the first picture that cannot be a page beside the others.

    A page has more than one row and column, and is not ``MOST_TIMES_WIDER`` than most of the others, nor
    they than it. ``label`` tells how a message names a page.
    """
    width_px = common_width(pages)
    for page in pages:
        size = f"{label(page)} is {page.width} x {page.height} pixels"
        if min(page.width, page.height) < 2:
            raise ImageError(f"{size}: no page: leave it out")
        if max(page.width, width_px) > MOST_TIMES_WIDER * min(page.width, width_px):
            raise ImageError(f"{size}, most of its pages are {width_px} wide: leave it out")


def open_strip(archive: Source, placements: Sequence[Placement]) -> Strip:
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

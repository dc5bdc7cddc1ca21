"""Episodes as people keep them: a folder, a ZIP or a CBZ of pages, each an image file."""

import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from toonseg.errors import ImageError, ToonsegError
from toonseg.images import Picture, decode, decode_half, file_size
from toonseg.loose import ARCHIVES, UNREADABLE, is_page
from toonseg.pages import check_sizes
from toonseg.records import Page, Placement, natural_key
from toonseg.strip import Strip, common_width, place_pages


@dataclass(frozen=True)
class Source:
    """An episode's files: the names of its pages in natural order, and how to open one of them.

    ``series`` is the name of the folder that the episode lies in, and ``place`` is what messages put before
    the name of a page.
    """

    series: str
    episode: str
    names: tuple[str, ...]
    open: Callable[[str], BinaryIO]
    place: str

    def read(self, name: str) -> bytes:
        """One page's bytes. Raises ToonsegError that names the archive and the page when it is damaged."""
        try:
            with self.open(name) as file:
                return file.read()
        except UNREADABLE as error:
            raise ToonsegError(f"{self.label(name)} cannot be read: {error}") from None

    def label(self, name: str) -> str:
        """How messages name a page."""
        return self.place + name


def source_name(path: Path) -> str:
    """The name of the episode at ``path``: that of its folder, or of its archive without the suffix."""
    name = path.resolve().name
    return Path(name).stem if Path(name).suffix.lower() in ARCHIVES and not path.is_dir() else name


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a folder, a ZIP or a CBZ of pages.

    Raises ToonsegError when it does not exist, is no such archive, holds no pages, or two pages of the
    same number.
    """
    if path.is_dir():
        names = [file.name for file in path.iterdir() if file.is_file() and is_page(file.name)]
        yield _source(path, names, lambda name: (path / name).open("rb"), f"{path}{os.sep}")
        return
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise ToonsegError(f"{path} does not exist: give a folder, a ZIP or a CBZ of pages") from None
    except zipfile.BadZipFile:
        raise ToonsegError(f"{path} is no whole ZIP or CBZ, and no folder of pages") from None
    with archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir() and is_page(info.filename)]
        yield _source(path, names, archive.open, f"{path}, page ")  # type: ignore[arg-type]


def open_loose(source: Source) -> tuple[Strip, list[Placement]]:
    """The strip of an episode, as wide as most of its pages, and where they lie on it.

    Only the pages' headers are read. Raises ToonsegError that names the page when one is no image, or of
    a size that no page has.
    """
    pages = [_page(source, number, name) for number, name in enumerate(source.names, 1)]
    check_sizes(pages, lambda page: source.label(page.name))
    width_px = common_width(pages)
    placements = place_pages(pages, width_px)

    def whole(placement: Placement) -> Picture:
        return decode(source.read(placement.name), source.label(placement.name))

    def half(placement: Placement) -> Picture | None:
        return decode_half(source.read(placement.name), source.label(placement.name))

    return Strip(placements, whole, half, width_px), placements


def _source(path: Path, names: Sequence[str], opener: Callable[[str], BinaryIO], place: str) -> Source:
    if not names:
        raise ToonsegError(f"{path} holds no pages: give a folder, a ZIP or a CBZ of image files")
    numbers: dict[object, str] = {}
    for name in sorted(names, key=natural_key):
        number = natural_key(str(PurePosixPath(name).with_suffix("")).lower())
        if number in numbers:
            raise ToonsegError(f"{path} holds two pages of the same number: {numbers[number]} and {name}")
        numbers[number] = name
    series = path.resolve().parent.name
    return Source(series, source_name(path), tuple(numbers.values()), opener, place)


def _page(source: Source, number: int, name: str) -> Page:
    try:
        with source.open(name) as file:
            width, height = file_size(file, source.label(name))
    except UNREADABLE as error:
        raise ImageError(f"{source.label(name)} cannot be read: {error}") from None
    return Page(source.series, source.episode, number, name, width, height, 1, 0, "")

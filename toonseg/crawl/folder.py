"""Episodes of those who have their pages already: a folder, ZIP or CBZ each, checked as if just fetched."""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from toonseg.archive import read_info, write_episode
from toonseg.console import progress
from toonseg.crawl.download import MOST_BYTES
from toonseg.crawl.episode import page_of
from toonseg.crawl.series import Crawled, alone, failures, holdings, tidy
from toonseg.crawl.sites import FOLDER
from toonseg.errors import CrawlError, ImageError, ToonsegError
from toonseg.images import verify
from toonseg.loose import ARCHIVES, UNREADABLE, is_page
from toonseg.records import natural_key
from toonseg.series import SeriesParams, parse_episodes

MOST_EPISODE_BYTES = 2_000_000_000
MOST_PAGES = 10_000

Pages = list[tuple[str, bytes]]


def import_series(series: str, declared: SeriesParams, folder: Path) -> Crawled:
    """Bring ``folder`` to the declared episodes in the folder that ``declared.title`` names.

    An episode is a subfolder, ZIP or CBZ whose name is its number. Raises CrawlError that tells all that
    failed, and why, when the others are done.
    """
    source = Path(declared.title).expanduser()
    if not source.is_dir():
        raise CrawlError(f"series {series}: {source} is no folder: title names the one with the episodes")
    with alone(series, folder):
        return _import(series, declared, source, folder)


def _import(series: str, declared: SeriesParams, source: Path, folder: Path) -> Crawled:
    """Bring ``folder`` to the declared episodes in ``source``."""
    tidy(folder, declared)
    numbers = parse_episodes(declared.episodes)
    found = _sources(source)
    failed: dict[int, str] = {}
    new = 0
    for number in progress(numbers, series, "episode"):
        try:
            place = _only(found.get(number, []), number, source)
            new += _import_episode(series, number, place, folder / f"{number}.cbz")
        except (CrawlError, ImageError) as error:
            failed[number] = str(error)
    if failed:
        raise CrawlError(failures(series, failed, len(numbers)))
    return holdings(series, folder, new)


def read_source(place: Path) -> Pages:
    """Names and bytes of the pages in a folder, ZIP or CBZ, in natural order, read without unpacking.

    Raises CrawlError when an archive is damaged, locked, leads outside its folder or is too large, or when a
    link leads to pages that would be left out.
    """
    try:
        _check_link(place)
        pages = list(_in_archive(place) if place.is_file() else _in_folder(place))
    except UNREADABLE as error:
        raise CrawlError(f"{place} cannot be unpacked: {error}") from None
    if not pages:
        raise CrawlError(f"{place} holds no pages")
    return sorted(pages, key=lambda page: [natural_key(part) for part in page[0].split("/")])


def _import_episode(series: str, number: int, place: Path, path: Path) -> bool:
    """Write an episode's archive, unless it is there already; whether it was written."""
    pages = read_source(place)
    info: dict[str, str | int] = {"site": FOLDER, "title_id": "", "number": number, "title": place.stem}
    digests = [hashlib.sha256(data).hexdigest() for _, data in pages]
    if _holds(path, info, digests):
        return False
    rows = [
        (page_of(series, number, index, verify(data, f"{place}: {name}"), data, name), data)
        for index, (name, data) in enumerate(pages, 1)
    ]
    write_episode(path, rows, info)
    return True


def _holds(path: Path, wanted: dict[str, str | int], digests: list[str]) -> bool:
    try:
        info = read_info(path)
        return {key: info.get(key) for key in wanted} == wanted and digests == [
            page["sha256"] for page in info["pages"]
        ]
    except (ToonsegError, KeyError, TypeError):
        return False


def _sources(folder: Path) -> dict[int, list[Path]]:
    """What may be an episode, by its number: leading zeros do not count."""
    found: dict[int, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        is_archive = path.suffix.lower() in ARCHIVES and not path.is_dir()
        name = path.stem if is_archive else path.name
        if re.fullmatch(r"[0-9]{1,9}", name) and (is_archive or not path.is_file()):
            found.setdefault(int(name), []).append(path)
    return found


def _only(places: list[Path], number: int, source: Path) -> Path:
    if not places:
        raise CrawlError(f"{source} has no folder, ZIP or CBZ named {number}")
    if len(places) > 1:
        raise CrawlError(f"{source} has more than one: {', '.join(place.name for place in places)}")
    return places[0]


def _in_folder(place: Path) -> Iterator[tuple[str, bytes]]:
    for path in place.rglob("*"):
        name = path.relative_to(place).as_posix()
        if not _is_page(name):
            continue
        _check_link(path)
        if path.is_dir() and path.is_symlink():
            raise CrawlError(f"{path} is a link to a folder: put the folder itself there, or remove the link")
        if path.is_file():
            if path.stat().st_size > MOST_BYTES:
                raise CrawlError(f"{path} is no page: it has {path.stat().st_size} bytes")
            yield name, path.read_bytes()


def _check_link(path: Path) -> None:
    """Raise CrawlError when a path is a link to what is not there: a page would be left out."""
    if path.is_symlink() and not path.exists():
        raise CrawlError(
            f"{path} is a link to {path.readlink()}, which is not there: fetch it or mount its disk"
        )


def _in_archive(place: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(place) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        _check_entries(place, entries)
        for entry in entries:
            if _is_page(entry.filename):
                yield entry.filename, archive.read(entry)


def _check_entries(place: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Raise CrawlError, before anything is unpacked, when an archive is not to be trusted."""
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", entry.filename):
            raise CrawlError(f"{place}: {entry.filename!r} would unpack outside its folder")
        if entry.file_size > MOST_BYTES:
            raise CrawlError(f"{place}: {entry.filename} would unpack to {entry.file_size} bytes")
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_PAGES or total > MOST_EPISODE_BYTES:
        raise CrawlError(
            f"{place} would unpack to {len(entries)} files of {total} bytes: no episode has that"
        )


def _is_page(name: str) -> bool:
    """Whether a file may be a page: texts about them may lie beside the pages here."""
    return is_page(name) and not name.lower().endswith(".txt")

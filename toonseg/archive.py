"""An episode's pages in one CBZ: a stored ZIP of the server's bytes and ``episode.json``.

Any comic reader opens it, one rename publishes it whole, and the same pages give the same bytes.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from toonseg.errors import ToonsegError
from toonseg.records import Page, natural_key
from toonseg.store import Source, whole_file

INFO = "episode.json"
_AGAIN = "delete it and crawl again"
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)


def write_episode(path: Path, pages: Sequence[tuple[Page, bytes]], info: dict[str, Any]) -> None:
    """Write pages and ``episode.json`` (``info`` and a row per page) as one CBZ, whole or not at all."""
    rows = [
        {key: value for key, value in asdict(page).items() if key not in ("series", "episode")}
        for page, _ in pages
    ]
    text = json.dumps({**info, "pages": rows}, ensure_ascii=False, indent=1, sort_keys=True)
    with whole_file(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(INFO, _FIXED_DATE), text + "\n")
        for page, data in pages:
            archive.writestr(zipfile.ZipInfo(page.name, _FIXED_DATE), data)


def read_info(path: Source) -> dict[str, Any]:
    """``episode.json`` of a CBZ. Raises ToonsegError when the archive or the entry is unusable."""
    with _open(path) as archive:
        try:
            info = json.loads(archive.read(INFO))
            return dict(info)
        except (KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ToonsegError(f"{path}: no readable {INFO} in it ({error}): {_AGAIN}") from None


def read_pages(path: Source, series: str) -> list[Page]:
    """The pages that a CBZ lists, in their order; the archive's name names the episode."""
    try:
        return [Page(series, path.stem, **row) for row in read_info(path)["pages"]]
    except (KeyError, TypeError) as error:
        raise ToonsegError(f"{path}: {INFO} lists no usable pages ({error}): {_AGAIN}") from None


def read_page(path: Source, page: Page) -> bytes:
    """One page's bytes, checked against its digest. Raises ToonsegError when they are damaged."""
    with _open(path) as archive:
        try:
            data = archive.read(page.name)
        except (KeyError, zipfile.BadZipFile) as error:
            raise ToonsegError(f"{path}: page {page.name} cannot be read ({error}): {_AGAIN}") from None
    if hashlib.sha256(data).hexdigest() != page.sha256:
        raise ToonsegError(f"{path}: page {page.name} is damaged: {_AGAIN}")
    return data


def episodes(folder: Path) -> list[Path]:
    """The CBZ files of a series' folder of pages, in the natural order of their names."""
    return sorted(folder.glob("[!.]*.cbz"), key=lambda path: natural_key(path.stem))


@contextmanager
def _open(path: Source) -> Iterator[zipfile.ZipFile]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise ToonsegError(f"{path} does not exist: run `dvc repro` to fetch it") from None
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except zipfile.BadZipFile:
            raise ToonsegError(f"{path} is not a whole CBZ: {_AGAIN}") from None
        with archive:
            yield archive

"""Pages that somebody has, found by the digests of those that masks were drawn on."""

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from toonseg.digests import SAME_BITS, bits_apart, perceptual_hash
from toonseg.errors import ImageError, ToonsegError
from toonseg.export.pages import SharedPage
from toonseg.images import Picture, decode
from toonseg.loose import ARCHIVES, UNREADABLE
from toonseg.records import natural_key

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif"})
_SAME_SHAPE = 0.02  # difference of the ratio of the sides, as a share


@dataclass(frozen=True)
class Original:
    """A page's file, or its place in an archive: the ``same`` bytes, or ``bits`` of 256 unlike in looks."""

    place: str
    bits: int
    same: bool


@dataclass(frozen=True)
class _Seen:
    place: str
    ratio: float
    phash: str


def find_originals(
    folder: Path, pages: Sequence[SharedPage]
) -> tuple[dict[SharedPage, Original], list[ToonsegError]]:
    """For each page that is there, its file in ``folder`` or an archive in it; and what could not be read.

    The same bytes come first; else the picture of about the same shape that looks most alike, if it differs
    in at most ``SAME_BITS``, of equals the one of the same name. One file may be several pages, when a series
    repeats them. Every file is read once, one at a time. Raises ToonsegError when there is no picture.
    """
    wanted = {page.sha256 for page in pages}
    exact: dict[str, str] = {}
    seen: list[_Seen] = []
    faults: list[ToonsegError] = []
    for place, data in _files(folder, faults):
        digest = hashlib.sha256(data).hexdigest()
        if digest in wanted:
            exact.setdefault(digest, place)
            continue
        try:
            picture = decode(data, place)
        except ImageError as error:
            faults.append(error)
            continue
        seen.append(_Seen(place, picture.shape[1] / picture.shape[0], perceptual_hash(picture)))
    if not (exact or seen or faults):
        raise ToonsegError(f"{folder} holds no picture, CBZ or ZIP: name the folder of the pages")
    found = {}
    for page in pages:
        if page.sha256 in exact:
            found[page] = Original(exact[page.sha256], 0, True)
        elif alike := _most_alike(page, seen):
            found[page] = alike
    return found, faults


def read_original(folder: Path, original: Original) -> Picture:
    """The picture of a page that was found in ``folder``."""
    archive, _, name = original.place.partition("//")
    if not name:
        return decode((folder / archive).read_bytes(), archive)
    with zipfile.ZipFile(folder / archive) as opened:
        return decode(opened.read(name), original.place)


def _files(folder: Path, faults: list[ToonsegError]) -> Iterator[tuple[str, bytes]]:
    """Place and bytes of every picture below a folder; in an archive its place is ``ARCHIVE//NAME``."""
    if not folder.is_dir():
        raise ToonsegError(f"{folder} is no folder: name the one that holds the pages")
    paths = sorted(
        (path for path in folder.rglob("*") if path.is_file()),
        key=lambda path: natural_key(path.relative_to(folder).as_posix()),
    )
    for path in paths:
        place = path.relative_to(folder).as_posix()
        if path.suffix.lower() in PICTURES:
            yield place, path.read_bytes()
        elif path.suffix.lower() in ARCHIVES:
            try:
                with zipfile.ZipFile(path) as archive:
                    for name in sorted(archive.namelist(), key=natural_key):
                        if Path(name).suffix.lower() in PICTURES:
                            yield f"{place}//{name}", archive.read(name)
            except UNREADABLE as error:
                faults.append(ToonsegError(f"{place} is not a whole archive ({error})"))


def _most_alike(page: SharedPage, seen: Sequence[_Seen]) -> Original | None:
    ratio = page.width / page.height
    near = [one for one in seen if abs(one.ratio / ratio - 1) <= _SAME_SHAPE]
    if not near:
        return None
    apart = bits_apart(page.phash, [one.phash for one in near]).tolist()
    bits, _, at = min(
        (bits, Path(near[at].place).stem != Path(page.name).stem, at) for at, bits in enumerate(apart)
    )
    return Original(near[at].place, bits, False) if bits <= SAME_BITS else None

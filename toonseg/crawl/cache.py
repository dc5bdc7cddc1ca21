"""What was downloaded, kept by its digest outside DVC, so that no page is fetched twice.

``images`` holds the pages' bytes, named by their SHA-256. ``addresses`` says which of them an address gave to
who came from a page (some servers give others a stand-in), ``episodes`` which of them an episode is made of;
these are named by digests too, so that the folder tells nobody who looks into it what was read. DVC may
delete its outputs; this it does not know.
"""

import hashlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from toonseg.errors import ParamsError

VARIABLE = "TOONSEG_CACHE"
_ROOMS = ("images", "addresses", "episodes")
_ABANDONED_S = 3600.0  # after it nobody writes to a partial file any more


def cache_folder() -> Path:
    """The folder that TOONSEG_CACHE names, else one in the user's cache folder; it need not exist.

    Raises ParamsError when it cannot be made, as a file is in its place.
    """
    folder = Path(os.environ.get(VARIABLE) or platformdirs.user_cache_dir("toonseg", appauthor=False))
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        raise ParamsError(f"{there} is no folder, so no cache can be kept there: set {VARIABLE} to a folder")
    return folder


@dataclass(frozen=True)
class Usage:
    """How much there is of something."""

    files: int
    bytes: int

    def __str__(self) -> str:
        return f"{self.files} files, {self.bytes / 1e6:.1f} MB"


@dataclass(frozen=True)
class Cache:
    """The cache in ``folder``, which need not exist."""

    folder: Path

    def find(self, address: str, referer: str = "") -> bytes | None:
        """The image that an address gave to who came from ``referer``, if it is here and undamaged."""
        try:
            digest = self._address(address, referer).read_text(encoding="ascii")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return self.image(digest)

    def image(self, digest: str) -> bytes | None:
        """The image of this SHA-256, if it is here and undamaged."""
        try:
            data = self._file("images", digest).read_bytes()
        except (OSError, ValueError):
            return None
        return data if _digest(data) == digest else None

    def keep(self, address: str, data: bytes, referer: str = "") -> None:
        """Keep the image that an address gave to who came from ``referer``."""
        digest = _digest(data)
        if self.image(digest) is None:
            _write(self._file("images", digest), data)
        _write(self._address(address, referer), digest.encode())

    def forget(self, address: str, referer: str = "") -> None:
        """Keep no longer what an address gave."""
        self._address(address, referer).unlink(missing_ok=True)

    def keep_episode(self, key: Sequence[str | int], info: dict[str, Any]) -> None:
        """Keep what an episode is made of, as JSON. ``key`` names the episode and all it rests on."""
        _write(self._episode(key), json.dumps(info, ensure_ascii=False).encode())

    def find_episode(self, key: Sequence[str | int]) -> dict[str, Any] | None:
        """What ``keep_episode`` kept, if it is here and undamaged."""
        try:
            return dict(json.loads(self._episode(key).read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def usage(self) -> Usage:
        """What the cache's files take."""
        sizes = [found.st_size for _, found in self._files()]
        return Usage(len(sizes), sum(sizes))

    def prune(self, days: float) -> Usage:
        """Delete what is older than ``days``, and what killed runs left; gives what went."""
        now = time.time()
        gone = []
        for path, found in self._files():
            least_s = _ABANDONED_S if path.name.endswith(".partial") else days * 86_400
            if now - found.st_mtime >= least_s:
                path.unlink(missing_ok=True)
                gone.append(found.st_size)
        return Usage(len(gone), sum(gone))

    def _file(self, room: str, digest: str) -> Path:
        return self.folder / room / digest[:2] / digest

    def _address(self, address: str, referer: str) -> Path:
        return self._file("addresses", _digest(json.dumps([address, referer]).encode()))

    def _episode(self, key: Sequence[str | int]) -> Path:
        return self._file("episodes", _digest(json.dumps(list(key)).encode()))

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """The cache's own files; whatever else lies in the folder is left alone."""
        for room in _ROOMS:
            for path in sorted((self.folder / room).glob("??/*")):
                try:
                    found = path.stat()
                except FileNotFoundError:
                    continue  # another run has just put it in its place, or deleted it
                if stat.S_ISREG(found.st_mode):
                    yield path, found


def _write(path: Path, data: bytes) -> None:
    """Write ``data`` whole, though another run may write the same file at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    try:
        aside.write_bytes(data)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

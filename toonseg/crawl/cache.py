"""What was downloaded, kept by its digest outside DVC, so that no page is fetched twice.

``images`` holds the pages' bytes, named by their SHA-256. ``addresses`` says which of them an address gave,
``episodes`` which of them an episode is made of; these are named by digests too, so that the folder tells
nobody who looks into it what was read. DVC may delete its outputs; this it does not know.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from toonseg.store import write_bytes

VARIABLE = "TOONSEG_CACHE"
_ROOMS = ("images", "addresses", "episodes")


def cache_folder() -> Path:
    """The folder that TOONSEG_CACHE names, else one in the user's cache folder."""
    return Path(os.environ.get(VARIABLE) or platformdirs.user_cache_dir("toonseg", appauthor=False))


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

    def find(self, address: str) -> bytes | None:
        """The image that an address gave, if it is here and undamaged."""
        try:
            digest = self._file("addresses", _digest(address.encode())).read_text(encoding="ascii")
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

    def keep(self, address: str, data: bytes) -> None:
        """Keep the image that an address gave."""
        digest = _digest(data)
        if self.image(digest) is None:
            write_bytes(self._file("images", digest), data)
        write_bytes(self._file("addresses", _digest(address.encode())), digest.encode())

    def keep_episode(self, key: Sequence[str | int], info: dict[str, Any]) -> None:
        """Keep what an episode is made of, as JSON. ``key`` names the episode and all it rests on."""
        write_bytes(self._episode(key), json.dumps(info, ensure_ascii=False).encode())

    def find_episode(self, key: Sequence[str | int]) -> dict[str, Any] | None:
        """What ``keep_episode`` kept, if it is here and undamaged."""
        try:
            return dict(json.loads(self._episode(key).read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def usage(self) -> Usage:
        """What the cache's files take."""
        sizes = [path.stat().st_size for path in self._files()]
        return Usage(len(sizes), sum(sizes))

    def prune(self, days: float) -> Usage:
        """Delete what is older than ``days``, and what killed runs left; gives what went."""
        oldest = time.time() - days * 86_400
        gone = []
        for path in self._files():
            found = path.stat()
            if found.st_mtime <= oldest or path.name.endswith(".partial"):
                path.unlink()
                gone.append(found.st_size)
        return Usage(len(gone), sum(gone))

    def _file(self, room: str, digest: str) -> Path:
        return self.folder / room / digest[:2] / digest

    def _episode(self, key: Sequence[str | int]) -> Path:
        return self._file("episodes", _digest(json.dumps(list(key)).encode()))

    def _files(self) -> Iterator[Path]:
        """The cache's own files; whatever else lies in the folder is left alone."""
        for room in _ROOMS:
            yield from sorted(path for path in (self.folder / room).glob("??/*") if path.is_file())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

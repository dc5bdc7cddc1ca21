"""Where a remote is: an S3 bucket, a folder on a machine reached by SSH, or a shared folder."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from toonseg.remote.faults import RemoteError

Kind = Literal["s3", "ssh", "folder"]
_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}")
_HOST = re.compile(r"[\w.-]*[\w-]{2}")  # a single letter would be a disk of Windows
KINDS = "s3://BUCKET/PATH, ssh://USER@HOST/PATH or the path of a shared folder"


@dataclass(frozen=True)
class Address:
    """A remote's URL as DVC wants it, and its kind."""

    url: str
    kind: Kind


def read_address(text: str, project: Path) -> Address:
    """Read what a user gave as URL; a folder's path is made absolute.

    Raises RemoteError for another kind of URL, for one that is not whole or holds a password, and for a
    folder inside ``project``, which would be no second copy.
    """
    if "://" not in text:
        return _folder(text, project)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise RemoteError(f"{text} is no URL ({error}): give {KINDS}") from None
    if parts.password:
        raise RemoteError(f"{_bare(parts)} holds a password, which would go to Git: leave it out of the URL")
    if parts.scheme == "s3":
        return _s3(parts, text)
    if parts.scheme == "ssh":
        return _ssh(parts, text, port)
    raise RemoteError(f"{text}: remotes of the kind {parts.scheme}:// are not known here: give {KINDS}")


def _s3(parts: SplitResult, text: str) -> Address:
    if not parts.hostname or parts.username or parts.port or parts.query or parts.fragment:
        raise RemoteError(f"{text} names no bucket alone: write s3://BUCKET/PATH")
    if not _BUCKET.fullmatch(parts.netloc):
        raise RemoteError(
            f"{text}: {parts.netloc!r} cannot be the name of a bucket: it takes letters, digits, ., - and _"
        )
    return Address(parts._replace(scheme="s3").geturl().rstrip("/"), "s3")


def _ssh(parts: SplitResult, text: str, port: int | None) -> Address:
    if not parts.hostname or not parts.path.strip("/"):
        raise RemoteError(f"{text} names no machine and folder: write ssh://USER@HOST/PATH")
    if port == 0 or parts.query or parts.fragment:
        raise RemoteError(f"{text} is not whole: write ssh://USER@HOST:PORT/PATH")
    return Address(parts.geturl().rstrip("/"), "ssh")


def _folder(text: str, project: Path) -> Address:
    before, colon, after = text.partition(":")
    if colon and before in ("s3", "ssh"):
        raise RemoteError(f"{text}: write it as {before}://{after.lstrip('/')}")
    if colon and ("@" in before or (after.startswith("/") and _HOST.fullmatch(before))):
        raise RemoteError(f"{text}: write it as ssh://{before}/{after.lstrip('/')}, with the whole path")
    if not text.strip() or "\0" in text:
        raise RemoteError(f"the URL is empty, or no text: give {KINDS}")
    path = Path(text).expanduser().resolve()
    if path.is_relative_to(project.resolve()):
        raise RemoteError(f"{path} lies in the project itself: choose a folder that colleagues share")
    if path.exists() and not path.is_dir():
        raise RemoteError(f"{path} is a file: give a folder")
    return Address(str(path), "folder")


def _bare(parts: SplitResult) -> str:
    """The URL without its user and password."""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

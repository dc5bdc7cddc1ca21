"""Whether Git could bring pictures of somebody else's series to a public place."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from toonseg.export.leave import PRIVATE, closed_series
from toonseg.params import PARAMS_FILE
from toonseg.remote.faults import RemoteError
from toonseg.remote.findings import Finding
from toonseg.series import load_series

_SUFFIXES = frozenset([".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".avif", ".cbz", ".zip"])
_SHEET = PurePosixPath("plots/evaluate/predictions.png")  # shows panels of every labelled series
_LABELS = PurePosixPath("data/labels")
_TIMEOUT_S = 20
_OF_THIS_CLONE = ("GIT_CONFIG", "GIT_DIR")  # variables, set in a hook say, by which Git would find keys


def look_at_pictures(root: Path) -> str | Finding:
    """Say which of Git's files show series without a licence, and where they could go.

    Raises RemoteError when there are such files and anyone can clone from one of Git's remotes.
    """
    closed = _closed(root / PARAMS_FILE)
    if not closed:
        return "every series is your own or openly licensed"
    shown = showing(_ever_in_git(root), closed)
    if not shown:
        return f"none of {', '.join(closed)} in Git"
    return _judge(root, shown)


def showing(files: Sequence[str], closed: Sequence[str]) -> list[str]:
    """Those of Git's ``files`` that show one of the ``closed`` series, by their names.

    >>> showing(["data/pages/a/1.cbz", "docs/a.md", "data/exports/private/coco/7.png"], ["a"])
    ['data/pages/a/1.cbz', 'data/exports/private/coco/7.png']
    """
    names = frozenset(closed)
    labelled = any(str(_LABELS / f"{name}.json") in files for name in names)
    found = []
    for file in files:
        path = PurePosixPath(file)
        if path.suffix.lower() not in _SUFFIXES:
            continue
        of_series = names.intersection((*path.parts, path.stem)) or PRIVATE in path.parts
        if of_series or (path == _SHEET and labelled):
            found.append(file)
    return found


def _closed(params: Path) -> list[str]:
    if not params.exists():
        return []
    return closed_series({name: one.licence for name, one in load_series(params).items()})


def _judge(root: Path, shown: Sequence[str]) -> str | Finding:
    first = shown[0] if len(shown) == 1 else f"{shown[0]} and {len(shown) - 1} more"
    unproven = []
    for address in _clone_addresses(root):
        public = _anyone_clones(address)
        if public:
            raise RemoteError(
                f"{first} show(s) a series that is not yours to share, and anyone can clone {address}: make "
                "that private, or take the pictures out of Git's history"
            )
        if public is None:
            unproven.append(address)
    if unproven:
        said = f"{first} in Git show(s) a series that is not yours: keep {', '.join(unproven)} private"
        return Finding("pictures", "note", said)
    return f"{first} in Git show(s) a series that is not yours; no stranger can clone it"


def _ever_in_git(root: Path) -> list[str]:
    """The files that Git holds now, and those of its history, which a clone brings along."""
    commits = ("HEAD", "--branches", "--tags", "--remotes")
    added = ("--name-only", "--format=", "--diff-filter=A", "--no-renames", "-m", "-z")
    names = [*_git(root, "ls-files", "-z").split("\0"), *_git(root, "log", *commits, *added).split("\0")]
    return list(dict.fromkeys(name.strip("\n") for name in names))


def _clone_addresses(root: Path) -> list[str]:
    """Where strangers would clone from: what Git fetches from and pushes to, by HTTP in place of SSH."""
    return list(dict.fromkeys(filter(None, map(_by_http, _addresses(root)))))


def _addresses(root: Path) -> Iterator[str]:
    for name in _git(root, "remote").split():
        for where in ((), ("--push",)):
            yield from _git(root, "remote", "get-url", "--all", *where, name).splitlines()


def _by_http(url: str) -> str:
    """The address of the same repository for a stranger; empty for a folder.

    >>> _by_http("git@github.com:lab/webtoons.git")
    'https://github.com/lab/webtoons.git'
    """
    if "://" not in url:
        before, colon, path = url.partition(":")
        if not colon or "/" in before:
            return ""
        url = f"ssh://{before}/{path.lstrip('/')}"
    parts = urlsplit(url)
    if parts.scheme in ("http", "https"):
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    if parts.hostname and parts.scheme in ("ssh", "git"):
        return f"https://{parts.hostname}{parts.path}"
    return ""


def _anyone_clones(address: str) -> bool | None:
    """Whether a clone works without any credentials; None when nobody answered."""
    bare = {
        **{key: value for key, value in os.environ.items() if not key.startswith(_OF_THIS_CLONE)},
        "HOME": os.devnull,  # no ~/.netrc
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    command = ["git", "-c", "credential.helper=", "ls-remote", address]
    try:
        done = subprocess.run(
            command, env=bare, cwd="/", capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode == 0:
        return True
    refused = ("Authentication failed", "could not read Username", "403", "401", "not found", "404")
    return False if any(word in done.stderr for word in refused) else None


def _git(root: Path, *arguments: str) -> str:
    """What Git prints; nothing where the project is not in Git."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""

"""`toonseg remote init` and `login`: a remote set up for the team, or one's own keys for it."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from getpass import getpass
from os import environ
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from toonseg.remote.address import Kind, read_address
from toonseg.remote.faults import RemoteError, told
from toonseg.remote.keys import refuse_open_keys
from toonseg.remote.place import Place
from toonseg.remote.privacy import knock, refuse_public
from toonseg.remote.settings import Project, refuse_unwritable, replaced

_NAME = re.compile(r"[A-Za-z0-9][\w-]*", re.ASCII)
_KEYS: Mapping[str, str] = {
    "access_key_id": "AWS_ACCESS_KEY_ID",
    "secret_access_key": "AWS_SECRET_ACCESS_KEY",
}


@dataclass(frozen=True)
class Access:
    """How a user gets in: an AWS profile, S3 keys to be kept, or a name and a private key for SSH."""

    profile: str = ""
    save_keys: bool = False
    keyfile: str = ""
    user: str = ""

    def settings(self, kind: Kind) -> dict[str, str]:
        """The user's own settings. Raises RemoteError for an option of another kind of remote."""
        if kind != "s3" and (self.profile or self.save_keys):
            raise RemoteError("--profile and --save-keys are for S3: this remote is none")
        if kind != "ssh" and (self.keyfile or self.user):
            raise RemoteError("--keyfile and --user are for SSH: this remote is reached otherwise")
        if self.profile and self.save_keys:
            raise RemoteError("--profile and --save-keys exclude each other: keys come from one place")
        if self.profile:
            return {"profile": self.profile}
        if self.save_keys:
            return _asked_keys()
        keyfile = str(Path(self.keyfile).expanduser().resolve()) if self.keyfile else ""
        return {key: value for key, value in (("user", self.user), ("keyfile", keyfile)) if value}


def init(project: Project, url: str, name: str, s3: Mapping[str, str], access: Access) -> str:
    """Set up the remote ``name``, make it the default, and say so; nothing stays if it does not work.

    ``s3`` holds ``endpointurl`` and ``region`` where they are given. Raises RemoteError with the reason: an
    address that is none, keys that do not fit, a place that strangers can read.
    """
    if not _NAME.fullmatch(name):
        raise RemoteError(
            f"--name {name!r}: begin with a letter or digit and go on with letters, digits, - and _"
        )
    address = read_address(url, project.root)
    before = project.remotes().get(name.lower())
    if before and before["url"] != address.url:
        raise RemoteError(
            f"there is a remote '{name}' already ({before['url']}): choose another --name, or take that one "
            f"away by {project.removal(name.lower())}"
        )
    shared = {"url": address.url, "verify": "true", **_checked(s3, address.kind)}
    if address.kind == "folder":
        shared["shared"] = "group"
    own = access.settings(address.kind)
    refuse_unwritable({"name": name, **shared, **own})
    place = Place(name.lower(), address.kind, {**replaced(before or {}, own), **shared})
    refuse_open_keys(project, place)
    knock(place)
    with _folder_made(place):
        _prove(place)
    project.configure(place.name, shared, own, default=True)
    kept = f", your keys in {project.own.relative_to(project.root)}" if own else ""
    return f"remote '{place.name}' is {address.url}: private, and writing works; commit .dvc/config{kept}"


def login(project: Project, name: str | None, access: Access) -> str:
    """Keep one's own keys for a remote that colleagues set up, and say what they allow.

    Raises RemoteError, and keeps nothing, when they do not let one read.
    """
    known = project.place(name, follow=True)
    own = access.settings(known.kind)
    refuse_unwritable(own)
    place = Place(known.name, known.kind, replaced(known.settings, own))
    refuse_open_keys(project, place)
    knock(place)
    place.try_reading()
    project.configure(place.name, {}, own, default=False)
    return f"remote '{place.name}' ({place.url}): you may {_rights(place)}"


def _rights(place: Place) -> str:
    try:
        with place.probe():
            return "read and write"
    except RemoteError:
        return "read, and not write: `dvc pull` works, `dvc push` will not"


def _prove(place: Place) -> None:
    place.try_reading()
    with place.probe() as path:
        refuse_public(place, path)


@contextmanager
def _folder_made(place: Place) -> Iterator[None]:
    """Make a remote's folder for its group alone, if there is none; take it away when the block raises."""
    made = place.kind != "s3" and _make_folder(place)
    try:
        yield
    except BaseException:
        if made:
            Path(place.path).rmdir() if place.kind == "folder" else place.fs.fs.rm(place.path)
        raise


def _make_folder(place: Place) -> bool:
    """Make the folder of a remote; false when it is there already."""
    with told(place.url, "make the folder"):
        if place.fs.exists(place.path):
            return False
        above = place.fs.parent(place.path)
        if not place.fs.exists(above):
            raise RemoteError(f"{place.url}: {above} does not exist there: make it first")
        if place.kind == "ssh":
            place.fs.fs.mkdir(place.path, create_parents=False, permissions=0o770)
        else:
            Path(place.path).mkdir(mode=0o700)
            Path(place.path).chmod(0o2770)
    return True


def _checked(s3: Mapping[str, str], kind: Kind) -> dict[str, str]:
    given = {key: value for key, value in s3.items() if value}
    if given and kind != "s3":
        raise RemoteError("--endpointurl and --region are for S3: this remote is none")
    endpoint = given.get("endpointurl", "")
    try:
        parts = urlsplit(endpoint)
        _ = parts.port
    except ValueError as error:
        raise RemoteError(f"--endpointurl {endpoint} is no URL ({error}): write https://HOST") from None
    if endpoint and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise RemoteError(f"--endpointurl {endpoint} is no address of a server: write https://HOST")
    if parts.password or parts.username:
        raise RemoteError("--endpointurl holds a user, which would go to Git: leave it out")
    return given


def _asked_keys() -> dict[str, Any]:
    """S3 keys from AWS's variables, or typed in."""
    keys = {key: environ.get(variable, "") for key, variable in _KEYS.items()}
    if sys.stdin.isatty():
        with suppress(EOFError):
            for key, variable in _KEYS.items():
                keys[key] = keys[key] or getpass(f"{variable}: ").strip()
    lacking = [_KEYS[key] for key, value in keys.items() if not value]
    if lacking:
        raise RemoteError(f"no keys were given: set {' and '.join(lacking)}, or type them in")
    if environ.get("AWS_SESSION_TOKEN"):
        raise RemoteError("these keys expire (AWS_SESSION_TOKEN is set): do not keep them, use --profile")
    return dict(keys)

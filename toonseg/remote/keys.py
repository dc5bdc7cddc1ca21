"""The files that hold a user's keys to a remote: neither others of this machine nor Git may get at them."""

import getpass
from collections.abc import Iterator, Mapping, Sequence
from os import environ
from pathlib import Path
from shlex import quote
from typing import Any, cast

from toonseg.remote.faults import RemoteError, told
from toonseg.remote.place import Place
from toonseg.remote.settings import OTHERS, Project

_SSH = Path("~/.ssh")
# Those that asyncssh, by which DVC reaches a machine, tries where no key is named.
_USUAL = ("id_ed25519_sk", "id_ecdsa_sk", "id_ed448", "id_ed25519", "id_ecdsa", "id_rsa", "id_dsa")
_SECRET = "aws_secret_access_key"


def refuse_open_keys(project: Project, place: Place) -> None:
    """Look at every file from which keys to a remote may come.

    Raises RemoteError for a named one that is not there or is a public key, for one that others on this
    machine can read, and for one in the project that Git holds or would take along.
    """
    for path in key_files(place):
        if not path.is_file():
            raise RemoteError(f"the key file {path} does not exist: name yours by --keyfile")
        if place.kind == "ssh" and _is_public(path):
            private = f", most often {path.with_suffix('')}" if path.suffix == ".pub" else ""
            raise RemoteError(
                f"the key file {path} is the public half: name the private one by --keyfile{private}"
            )
        real = path.resolve()
        if project.in_git(real):
            raise RemoteError(
                f"the key file {path} is in Git: take it out by `git rm --cached {quote(str(real))}`, and "
                "have a new key made"
            )
        if project.git_would_take(real):
            raise RemoteError(
                f"the key file {path} lies in the project, and `git add` would take it along: move it out, "
                "to a folder of your own"
            )
        if path.stat().st_mode & OTHERS:
            raise RemoteError(
                f"the key file {path} can be read by others: run `chmod 600 {quote(str(path))}`"
            )


def key_files(place: Place) -> list[Path]:
    """The private keys of an SSH remote, or AWS's files where S3 keys come from them.

    A key file that the settings name is given although it may not be there.
    """
    named = place.settings.get("keyfile")
    if place.kind == "ssh" and named:
        return [Path(named).expanduser()]
    if place.kind == "folder":
        return []
    found = _of_aws(place.settings) if place.kind == "s3" else _of_ssh(place)
    return [path for path in found if path.is_file()]


def _is_public(path: Path) -> bool:
    """Whether a file is the half of an SSH key that a machine is given: one line, which names its kind."""
    try:
        begin = path.open("rb").read(32)
    except OSError:
        return False
    return begin.startswith((b"ssh-", b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-", b"---- BEGIN SSH2 PUBLIC"))


def _of_aws(settings: Mapping[str, Any]) -> Iterator[Path]:
    if not settings.get("profile") and (settings.get("access_key_id") or "AWS_ACCESS_KEY_ID" in environ):
        return
    named = settings.get("credentialpath") or environ.get("AWS_SHARED_CREDENTIALS_FILE")
    yield Path(named or "~/.aws/credentials").expanduser()
    config = Path(
        settings.get("configpath") or environ.get("AWS_CONFIG_FILE") or "~/.aws/config"
    ).expanduser()
    if config.is_file() and _SECRET in config.read_text(encoding="utf-8", errors="replace").lower():
        yield config


def _of_ssh(place: Place) -> Iterator[Path]:
    """Those that ~/.ssh/config names for the machine, or else the usual ones."""
    from asyncssh.config import SSHClientConfig

    config = (_SSH / "config").expanduser()
    who = [place.fs.fs_args.get(key, ()) for key in ("username", "host", "port")]
    with told(place.url, "look for its keys"):
        paths = [config] if config.is_file() else []
        read = SSHClientConfig.load(None, paths, False, False, False, getpass.getuser(), *who)
        named = cast("Sequence[str]", read.get("IdentityFile", ()))
    for name in named or [str(_SSH / usual) for usual in _USUAL]:
        yield Path(name).expanduser()

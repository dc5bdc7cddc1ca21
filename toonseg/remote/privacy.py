"""Whether anybody without keys can read a remote: tried, not asked for."""

import stat
from collections.abc import Iterator
from shlex import quote

from toonseg.remote.faults import RemoteError, told
from toonseg.remote.place import Place

_REFUSALS = (401, 403)


def refuse_public(place: Place, probe: str) -> str:
    """Try to read as a stranger does, and say how that was refused.

    ``probe`` is the path of an object that exists. Raises RemoteError when a stranger gets in, and when
    nothing was proven because the server did not answer as one does.
    """
    if place.kind == "s3":
        _refuse_listing(place)
        _refuse_address(place, probe)
        return "without keys neither a listing nor an object is to be had"
    _refuse_others(place)
    inside = "other users of the machine cannot enter the folder"
    return f"nobody logs in without a key, and {inside}" if place.kind == "ssh" else inside


def _refuse_listing(place: Place) -> None:
    with told(place.url, "prove that strangers are refused"):
        try:
            place.stranger.fs.ls(place.path, refresh=True)
        except PermissionError:
            return
        except FileNotFoundError as error:
            if error.__cause__ is not None:
                return  # some servers say "no such bucket" to strangers
    raise RemoteError(f"{place.url}: anyone can list it without keys: make the bucket private")


def _refuse_address(place: Place, probe: str) -> None:
    import httpx

    address = place.stranger.sign(probe)
    authority = place.settings.get("ssl_verify")
    trust = authority if isinstance(authority, str) and authority not in ("true", "false") else True
    try:
        status = httpx.get(address, follow_redirects=True, timeout=30, verify=trust).status_code
    except httpx.HTTPError as error:
        raise RemoteError(f"{place.url}: could not prove that strangers are refused ({error})") from None
    if status in _REFUSALS:
        return
    if status < 300:
        raise RemoteError(f"{place.url}: anyone can read its objects without keys: make the bucket private")
    raise RemoteError(
        f"{place.url}: could not prove that strangers are refused (HTTP {status} for an object)"
    )


def knock(place: Place) -> None:
    """Try to log in at an SSH remote without any key, after comparing the machine's key with known_hosts.

    DVC itself compares it with nothing, so this comes before anything else is asked of the machine. Raises
    RemoteError when it is not the known one, and when it lets a stranger in. Other remotes are left alone.
    """
    if place.kind != "ssh":
        return
    from asyncssh import PermissionDenied
    from fsspec.asyn import get_loop, sync

    with told(place.url, "prove that strangers are refused"):
        try:
            sync(get_loop(), _knock, place, timeout=30)
        except PermissionDenied:
            return
    raise RemoteError(f"{place.url}: anyone can log in there without a key: have its keeper forbid that")


async def _knock(place: Place) -> None:
    import asyncssh

    arguments = place.fs.fs_args
    who = {key: arguments[key] for key in ("host", "port", "username") if key in arguments}
    # known_hosts is left out, so that those of the user and of ~/.ssh/config are compared with.
    async with asyncssh.connect(**who, client_keys=None, agent_path=None, password=None, gss_auth=False):
        pass


def _refuse_others(place: Place) -> None:
    """Raise RemoteError when every folder on the way lets all users of the machine pass."""
    with told(place.url, "look at its rights"):
        if all(mode & stat.S_IXOTH for mode in _modes(place)):
            path = quote(place.path)
            raise RemoteError(
                f"{place.url}: every user of its machine can read it: run `chmod o-rwx {path}` there"
            )


def _modes(place: Place) -> Iterator[int]:
    """The modes of the remote's folder and of those above it."""
    for path in (place.path, *place.fs.parents(place.path)):
        info = place.fs.fs.info(path)
        yield int(info.get("mode", info.get("permissions", 0)))

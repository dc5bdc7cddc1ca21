"""Whether a remote may be pushed to: how it is set up, who gets in, and what Git would show."""

from collections.abc import Iterator
from functools import partial
from shlex import quote

from toonseg.remote.faults import RemoteError, told
from toonseg.remote.findings import Finding, found
from toonseg.remote.keys import refuse_open_keys
from toonseg.remote.pictures import look_at_pictures
from toonseg.remote.place import Place
from toonseg.remote.privacy import knock, refuse_public
from toonseg.remote.settings import Project


def examine_safety(project: Project, place: Place, mend: bool, writing: bool) -> Iterator[Finding]:
    """Look at all that a push must not come upon, in the order in which a user would mend it.

    Without ``writing`` nothing is written there, and strangers are tried on what is there already. Ends
    early where the remote cannot be reached.
    """
    yield found("settings", partial(_look_at_settings, project, place, mend))
    yield found("pictures", partial(look_at_pictures, project.root))
    reading = found("reading", partial(_look_at_reading, place))
    yield reading
    if reading.state == "FAIL":
        return
    if writing:
        yield from _with_probe(place)
    else:
        yield found("private", partial(_refuse_public_as_it_is, place))


def _look_at_settings(project: Project, place: Place, mend: bool) -> str | Finding:
    secrets = project.committed_secrets()
    if secrets:
        held = ", ".join(f"{key} of '{name}'" for name, key in secrets)
        out = ", ".join(f"`dvc remote modify --unset {name} {key}`" for name, key in secrets)
        raise RemoteError(
            f".dvc/config, which goes to Git, holds {held}: take them out by {out}, and have new keys made"
        )
    own = quote(str(project.own))
    if project.in_git(project.own):
        raise RemoteError(
            f"{project.own} is in Git: take it out by `git rm --cached {own}`, and have new keys made"
        )
    project.refuse_moved(place.name)
    mended = []
    if project.own_is_open():
        if not mend:
            raise RemoteError(f"{project.own} can be read by others: run `chmod 600 {own}`")
        project.close_own()
        mended.append("config.local is yours alone")
    refuse_open_keys(project, place)
    if not place.settings.get("verify"):
        if not mend:
            raise RemoteError(
                f"'{place.name}' hands out corrupted data without a word, as `verify` is not set: run "
                "`toonseg remote check --mend`, and commit .dvc/config"
            )
        project.configure(place.name, {"verify": "true"}, {}, default=False)
        mended.append("verify is on: commit .dvc/config")
    if mended:
        return Finding("settings", "mended", "; ".join(mended))
    return "what comes from it is verified; no keys in Git, none that others can read"


def _look_at_reading(place: Place) -> str:
    knock(place)
    place.try_reading()
    return f"{place.url} answers"


def _with_probe(place: Place) -> Iterator[Finding]:
    try:
        with place.probe() as path:
            private = found("private", partial(refuse_public, place, path))
        yield Finding("writing", "ok", "what is written comes back the same")
    except RemoteError as error:
        yield Finding("writing", "FAIL", str(error))
        private = found("private", partial(_refuse_public_as_it_is, place))
    yield private


def _refuse_public_as_it_is(place: Place) -> str:
    """As ``refuse_public``, with some object that is there already."""
    with told(place.url, "read"):
        there = next(iter(place.fs.find(place.path)), None)
    if there is None:
        raise RemoteError(f"{place.url}: there is nothing yet to prove by that strangers are refused")
    return refuse_public(place, there)

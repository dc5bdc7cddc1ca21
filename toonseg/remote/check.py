"""`toonseg remote check`: proof that a remote is private, works, and holds all that dvc.lock names."""

import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from toonseg.remote.faults import RemoteError
from toonseg.remote.findings import Finding, found
from toonseg.remote.guard import is_guarded
from toonseg.remote.objects import Faults, Store, some
from toonseg.remote.place import Place
from toonseg.remote.safety import examine_safety
from toonseg.remote.settings import Project

_LOCK = "dvc.lock"
_CONFIG = ".dvc/config"


def examine(project: Project, place: Place, mend: bool, deep: bool, writing: bool) -> Iterator[Finding]:
    """Look at a remote's safety, at what is not committed, and at each object; with ``mend`` put it right.

    Nothing is sent to a remote that fails before its objects are looked at.
    """
    failed: set[str] = set()
    for finding in examine_safety(project, place, mend, writing):
        if finding.state == "FAIL":
            failed.add(finding.name)
        yield finding
    yield found("git", partial(_look_at_git, project))
    yield found("guard", _look_at_guard)
    if "reading" not in failed:
        yield found("objects", partial(_look_at_objects, project, place, mend, deep, safe=not failed))


def _look_at_git(project: Project) -> str | Finding:
    command = ["git", "status", "--porcelain", "--", _LOCK, _CONFIG]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return Finding("git", "note", "the project is not in Git: colleagues cannot clone it")
    if not (project.root / _LOCK).exists():
        return Finding("git", "note", f"there is no {_LOCK}: run `dvc repro` and commit it")
    changed = [line[3:] for line in done.stdout.splitlines()]
    if changed:
        said = f"{' and '.join(changed)} changed since the last commit: colleagues get the committed one"
        return Finding("git", "note", said)
    return f"{_LOCK} and {_CONFIG} are committed as they stand"


def _look_at_guard() -> str | Finding:
    program = shutil.which("dvc")
    if program and is_guarded(Path(program)):
        return "`dvc push` is stopped when one of the lines above fails"
    said = "`dvc push` is not stopped by any of this: run `toonseg remote guard`"
    return Finding("guard", "note", said)


def _look_at_objects(project: Project, place: Place, mend: bool, deep: bool, *, safe: bool) -> str | Finding:
    from dvc.exceptions import DvcException

    with _opened(project) as repo:
        store = Store(repo, place)
        try:
            wanted = store.wanted()
        except DvcException as error:
            raise RemoteError(f"{error}: mend that file, or take it from a commit that is whole") from None
        faults = store.faults(wanted.names, deep)
        left = store.mend(faults) if mend and safe else faults.all
    if wanted.unknown:
        raise RemoteError(
            f"what {len(wanted.unknown)} folder(s) hold is known neither here nor there "
            f"({some(wanted.unknown)}): have a colleague who has the data run `toonseg remote check --mend`"
        )
    if left:
        raise RemoteError(f"{_counted(faults, left)}{_cure(mend, safe)}")
    if faults.all:
        said = f"{len(faults.missing)} missing and {len(faults.corrupt)} corrupted object(s) sent again"
        return Finding("objects", "mended", said)
    if not wanted.names:
        return Finding("objects", "note", f"no {_LOCK} names any yet: run `dvc repro`, then `dvc push`")
    quickly = "compared by size and digest" if place.kind == "s3" else "compared by size"
    return f"all {len(wanted.names)} objects of {_LOCK} are there ({'every byte read' if deep else quickly})"


def _opened(project: Project) -> Any:
    from dvc.repo import Repo
    from dvc.scm import SCMError

    try:
        return Repo(str(project.root))
    except SCMError as error:
        raise RemoteError(
            f"DVC cannot open {project.root} ({error}): clone the project anew, or begin its Git by "
            "`git init`"
        ) from None


def _counted(faults: Faults, left: frozenset[str]) -> str:
    return " and ".join(
        f"{len(names & left)} object(s) {how} ({some(names & left)})"
        for names, how in ((faults.missing, "missing"), (faults.corrupt, "corrupted"))
        if names & left
    )


def _cure(mend: bool, safe: bool) -> str:
    if not safe:
        return " at the remote: put right what fails above, then run `toonseg remote check --mend`"
    if mend:
        return ", and no whole copy is here: have a colleague run `toonseg remote check --mend`"
    return " at the remote: run `toonseg remote check --mend`"

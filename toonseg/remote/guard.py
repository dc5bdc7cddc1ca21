"""DVC with a guard: nothing is pushed to a remote that fails the check, nothing pulled without a clear word.

`make setup` lays a program in place of DVC's own ``.venv/bin/dvc``. It puts the guard before the methods of
DVC through which every push and every fetch of a command goes, and those that take ``--to-remote``, and then
is DVC.
"""

import sys
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from pathlib import Path
from shlex import quote
from typing import Any

from toonseg.errors import ToonsegError
from toonseg.remote.faults import RemoteError
from toonseg.remote.settings import Project
from toonseg.store import whole_file

MARK = "toonseg.remote.guard"
_COMMITS = ("revs", "all_branches", "all_tags", "all_commits")
# A shell's script and Python's: no first line could name a program in a path with a space, or a long one.
_LAUNCHER = f"""\
#!/bin/sh
'''exec' {{python}} "$0" "$@"
' '''
# `make setup` laid this here in place of DVC's own launcher: it looks at a remote before DVC pushes to it.
import sys

from {MARK} import main

sys.exit(main())
"""


def main() -> int:
    """Be the command ``dvc``, guarded."""
    from dvc.cli import main as dvc

    stand_guard()
    return int(dvc(sys.argv[1:]))


def stand_guard() -> None:
    """Put the guard before every push and fetch of this process."""
    from dvc.repo import Repo

    Repo.push = _guarded(Repo.push, refuse_unsafe)
    for straight in ("add", "imp_url", "update"):  # with --to-remote they send data themselves
        setattr(Repo, straight, _guarded(getattr(Repo, straight), refuse_unsafe, only_if="to_remote"))
    Repo.fetch = _guarded(Repo.fetch, refuse_unreadable)  # `dvc pull` is a fetch and a checkout


def lay_launcher(folder: Path) -> Path:
    """Write the guarded ``dvc`` in place of the one in ``folder``, a virtual environment's programs."""
    if sys.platform == "win32":
        raise RemoteError("the guard of `dvc push` is for Linux and macOS: run `toonseg remote check` first")
    path = folder / "dvc"
    with whole_file(path) as aside:
        aside.write_text(_LAUNCHER.format(python=quote(sys.executable)), encoding="utf-8")
        aside.chmod(0o755)
    return path


def is_guarded(program: Path) -> bool:
    """Whether a program ``dvc`` is the guarded one."""
    try:
        return MARK in program.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def refuse_unsafe(project: Project, name: str) -> None:
    """Raise RemoteError with the first reason why nothing may be pushed to a remote."""
    from toonseg.remote.safety import examine_safety

    for finding in examine_safety(project, project.place(name), mend=False, writing=True):
        if finding.state == "FAIL":
            raise RemoteError(finding.said)


def refuse_unreadable(project: Project, name: str) -> None:
    """Raise RemoteError with the reason why a remote cannot be read."""
    from toonseg.remote.privacy import knock

    try:
        place = project.place(name)
    except RemoteError:
        return  # of a kind that only DVC knows
    project.refuse_moved(name)
    knock(place)
    place.try_reading()


def _guarded(
    method: Callable[..., Any], look: Callable[[Project, str], None], only_if: str = ""
) -> Callable[..., Any]:
    """A method of DVC's Repo that looks first; with ``only_if``, where that argument is given."""

    @wraps(method)
    def checked(repo: Any, *arguments: Any, **named: Any) -> Any:
        from dvc.exceptions import DvcException

        project = Project(Path(repo.root_dir))
        asked = signature(method).bind(repo, *arguments, **named).arguments
        if only_if and not asked.get(only_if):
            return method(repo, *arguments, **named)
        try:
            for name in _remotes(repo, asked):
                look(project, name)
        except ToonsegError as error:
            raise DvcException(str(error)) from None
        return method(repo, *arguments, **named)

    return checked


def _remotes(repo: Any, asked: Mapping[str, Any]) -> list[str]:
    """The remotes that a command would use; DVC itself complains about one that does not exist.

    Without ``remote`` among the arguments ``asked``, an output may name its own, in the workspace and in each
    commit that is asked for.
    """
    used = {asked["remote"]} if asked.get("remote") else {repo.config["core"].get("remote")}
    if not asked.get("remote"):
        commits = {key: asked[key] for key in _COMMITS if asked.get(key)}
        for _ in repo.brancher(**commits) if commits else ("workspace",):
            used.update(out.remote for out in repo.index.outs)
    return sorted({name.lower() for name in used if name} & set(repo.config["remote"]))

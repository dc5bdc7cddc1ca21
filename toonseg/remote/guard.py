"""DVC with a guard: nothing is pushed to a remote that fails the check, nothing pulled without a clear word.

`make setup` lays a program in place of DVC's own ``.venv/bin/dvc``. It puts the guard before the two methods
of DVC through which every push and every fetch of a command goes, and then is DVC.
"""

import sys
from collections.abc import Callable
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import Any

from toonseg.errors import ToonsegError
from toonseg.remote.faults import RemoteError
from toonseg.remote.settings import Project
from toonseg.store import whole_file

MARK = "toonseg.remote.guard"
_LAUNCHER = f"""\
#!{{python}}
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
    Repo.fetch = _guarded(Repo.fetch, refuse_unreadable)  # `dvc pull` is a fetch and a checkout


def lay_launcher(folder: Path) -> Path:
    """Write the guarded ``dvc`` in place of the one in ``folder``, a virtual environment's programs."""
    if sys.platform == "win32":
        raise RemoteError("the guard of `dvc push` is for Linux and macOS: run `toonseg remote check` first")
    path = folder / "dvc"
    with whole_file(path) as aside:
        aside.write_text(_LAUNCHER.format(python=sys.executable), encoding="utf-8")
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
    knock(place)
    place.try_reading()


def _guarded(method: Callable[..., Any], look: Callable[[Project, str], None]) -> Callable[..., Any]:
    @wraps(method)
    def checked(repo: Any, *arguments: Any, **named: Any) -> Any:
        from dvc.exceptions import DvcException

        project = Project(Path(repo.root_dir))
        asked = signature(method).bind(repo, *arguments, **named).arguments.get("remote")
        try:
            for name in _remotes(repo, asked):
                look(project, name)
        except ToonsegError as error:
            raise DvcException(str(error)) from None
        return method(repo, *arguments, **named)

    return checked


def _remotes(repo: Any, asked: str | None) -> list[str]:
    """The remotes that a command would use; DVC itself complains about one that does not exist."""
    used = {asked} if asked else {repo.config["core"].get("remote"), *(out.remote for out in repo.index.outs)}
    return sorted({name.lower() for name in used if name} & set(repo.config["remote"]))

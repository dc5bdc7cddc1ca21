"""A small project with DVC, and clones of it, for tests of remotes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from toonseg.cli import main

PARAMS = """\
series:
  ours:
    site: demo
    title: ours
    episodes: 1
    licence: own
"""
OTHERS = "  theirs:\n    site: demo\n    title: theirs\n    episodes: 1\n"
FILES = {f"data/pages/ours/{n}.cbz": f"page {n}\n".encode() * n for n in range(1, 6)}
AS_TEAM = ("-c", "user.name=t", "-c", "user.email=t@example.org")


class Clone:
    """One colleague's clone of the project: what is run in it runs with this colleague's environment."""

    def __init__(self, root: Path, environment: Mapping[str, str] | None = None) -> None:
        self.root = root
        self.environment = {**os.environ, **(environment or {})}
        self.environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command and give its status and all that it printed (in stdout)."""
        return subprocess.run(
            command,
            cwd=self.root,
            env={**self.environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )

    def ok(self, *command: str, **more: str) -> str:
        """Run a command that must succeed and give what it printed."""
        done = self.run(*command, **more)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
        return done.stdout

    def commit(self) -> None:
        self.ok("git", "add", "-A")
        self.ok("git", *AS_TEAM, "commit", "-qm", "State")

    def clone(self, root: Path, environment: Mapping[str, str] | None = None) -> "Clone":
        """Clone by Git alone, as a new colleague does."""
        self.ok("git", "clone", "-q", str(self.root), str(root))
        return Clone(root, environment)

    def copy(self, root: Path, environment: Mapping[str, str] | None = None) -> "Clone":
        """Copy the clone with its data and cache."""
        shutil.copytree(self.root, root, symlinks=True)
        return Clone(root, environment)

    def files(self) -> dict[str, bytes]:
        """The data's files, by their paths."""
        found = (path for path in (self.root / "data/pages").rglob("*") if path.is_file())
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in found
            if path.name != ".gitignore"
        }


def make_project(root: Path) -> Clone:
    """Make the project with its data in DVC's cache, and commit it."""
    root.mkdir(parents=True)
    project = Clone(root)
    project.ok("git", "init", "-q", "-b", "main")
    project.ok("dvc", "init", "-q")
    (root / "params.yaml").write_text(PARAMS, encoding="utf-8")
    (root / "make.py").write_text(_MAKE, encoding="utf-8")
    (root / "dvc.yaml").write_text(_PIPELINE, encoding="utf-8")
    (root / "data").mkdir()
    (root / "data/.gitignore").write_text("/pages\n/count.txt\n")
    project.ok("dvc", "repro", "-q")
    project.commit()
    return project


_MAKE = f"""\
from pathlib import Path
for name, data in {FILES!r}.items():
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(data)
"""
_PIPELINE = """\
stages:
  make:
    cmd: python make.py
    deps: [make.py]
    outs: [data/pages]
  count:
    cmd: ls data/pages/ours | wc -l > data/count.txt
    deps: [data/pages]
    outs: [data/count.txt]
"""


class Told:
    """What a command of toonseg said, and its exit status."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err
        self.states = {line[7:17].strip(): line[:7].strip() for line in out.splitlines()}


def forget_connections() -> None:
    """Have the next request read keys and rights anew, as a new process does."""
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    if "sshfs" in sys.modules:
        import sshfs

        sshfs.SSHFileSystem.clear_instance_cache()


def toonseg(capsys, *arguments: str) -> Told:  # type: ignore[no-untyped-def]
    """Run a command of toonseg in this process and folder."""
    forget_connections()
    capsys.readouterr()
    status = main(arguments)
    said = capsys.readouterr()
    return Told(status, said.out, said.err)


def push(root: Path) -> int:
    """`dvc push` in this process; gives how many objects were sent."""
    from dvc.repo import Repo

    forget_connections()
    with Repo(str(root)) as repo:
        return int(repo.push())


def pull(root: Path) -> None:
    """`dvc pull` in this process."""
    from dvc.repo import Repo

    forget_connections()
    with Repo(str(root)) as repo:
        repo.pull()

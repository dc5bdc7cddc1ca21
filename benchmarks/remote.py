"""Push and pull of the demo's data to real servers: ``python -m benchmarks.remote [--cache DIR]``.

Starts SeaweedFS's S3 and OpenSSH on this machine, pushes what dvc.lock names to each, pulls it in a fresh
clone, and counts the outputs there that differ from the lock. Prints seconds (wall clock and CPU of the
client), objects and megabytes. Needs the data in DVC's cache: run
``make repro`` before, or name another cache.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from servers import OWNER, PRIVATE, seaweed, sshd  # noqa: E402


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds on the clock, and of its own processor time."""

    wall_s: float
    cpu_s: float

    def __str__(self) -> str:
        return f"{self.wall_s:7.1f} s ({self.cpu_s:5.1f} s CPU)"


def main() -> None:
    """Measure both kinds of server and print a line for each transfer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cache", type=Path, default=ROOT / ".dvc/cache", help="DVC's cache with the data")
    cache = parser.parse_args().cache.resolve()
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("s3", "ssh"):
            measure(kind, cache, Path(folder) / kind)


def measure(kind: str, cache: Path, folder: Path) -> None:
    """Push and pull the demo's data with one kind of server."""
    folder.mkdir()
    environment = {
        **os.environ,
        **OWNER.environment,
        "HOME": str(folder),
        "DVC_SITE_CACHE_DIR": str(folder / "site"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    with served(kind, folder) as arguments:
        first = clone(ROOT, folder / "first", environment)
        timed(("dvc", "config", "--local", "cache.dir", str(cache)), first, environment)
        timed(("toonseg", "remote", "init", *arguments), first, environment)
        size, count = held(first, environment)
        pushed = timed(("dvc", "push", "-q"), first, environment)
        checked = timed(("toonseg", "remote", "check"), first, environment)
        second = clone(first, folder / "second", environment)
        shutil.copy(first / ".dvc/config", second / ".dvc/config")
        if kind == "ssh":
            timed(("toonseg", "remote", "login", *arguments[1:]), second, environment)
        pulled = timed(("dvc", "pull", "-q"), second, environment)
        status = subprocess.run(
            ("dvc", "status", "dvc.yaml"),
            cwd=second,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    print(f"{kind:4} {count} objects, {size / 1e6:.0f} MB")
    for name, cost in (("push", pushed), ("pull", pulled), ("check", checked)):
        print(f"     {name:6}{cost}  {size / 1e6 / cost.wall_s:6.1f} MB/s")
    print(f"     outputs in the clone that differ: {status.stdout.count('changed outs')}", flush=True)
    shutil.rmtree(folder)


@contextmanager
def served(kind: str, folder: Path) -> Iterator[tuple[str, ...]]:
    """A running server, as the arguments of ``toonseg remote init``."""
    if kind == "s3":
        with seaweed(folder / "server") as s3:
            yield f"s3://{PRIVATE}/demo", "--endpointurl", s3.endpoint, "--region", "us-east-1"
        return
    with sshd(folder / "server") as ssh:
        (folder / ".ssh").mkdir(mode=0o700)
        (folder / ".ssh/known_hosts").write_text(ssh.known_hosts)
        yield f"{ssh.address}{folder}/shelf", "--keyfile", str(ssh.key("owner"))


def clone(source: Path, target: Path, environment: Mapping[str, str]) -> Path:
    """Clone a project by Git."""
    timed(("git", "clone", "-q", str(source), str(target)), target.parent, environment)
    return target


def timed(command: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> Cost:
    """Run a command that must succeed, and give what it cost."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, cwd=folder, env=dict(environment), stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.monotonic() - began, cpu_s)


def held(project: Path, environment: Mapping[str, str]) -> tuple[int, int]:
    """Bytes and number of the objects that a project's lock names, by its cache."""
    script = (
        "from pathlib import Path\n"
        "from dvc.repo import Repo\n"
        "from toonseg.remote.objects import Store\n"
        "from toonseg.remote.settings import Project\n"
        "with Repo() as repo:\n"
        "    names = Store(repo, Project(Path('.').resolve()).place(None)).wanted().names\n"
        "    cache = repo.cache.local\n"
        "    print(sum(Path(cache.oid_to_path(name)).stat().st_size for name in names), len(names))\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", script),
        cwd=project,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=True,
    )
    size, count = done.stdout.split()
    return int(size), int(count)


if __name__ == "__main__":
    main()

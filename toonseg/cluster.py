"""Map a function over episodes on a Dask cluster: files' bytes go out, results and named bytes come back.

No disk is shared: workers need toonseg and its packages, in the same versions, and nothing else. A task
travels with all it reads, so a killed worker's share is done again elsewhere. What came back is kept
until all of it has, so a run that loses its scheduler goes on where it was.
"""

import asyncio
import hashlib
import logging
import pickle
import socket
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any, Generic
from urllib.parse import urlsplit

import cv2

from toonseg.errors import ToonsegError
from toonseg.parallel import AHEAD, ENGINE, Job, Pending, Result, Task, Work, in_order
from toonseg.store import CarriedFile, write_bytes

try:
    import dask
    from distributed import Client, get_worker
    from distributed.comm.core import CommClosedError
    from distributed.core import rpc
    from distributed.scheduler import KilledWorker
    from distributed.security import Security
except ModuleNotFoundError:
    raise ToonsegError(
        f"{ENGINE} names a cluster, but Dask is not installed: "
        "`.venv/bin/pip install -c constraints.txt -e '.[dask]'`"
    ) from None

KEPT = Path("data/checkpoints/episodes")
_ANSWER_S = 20
_CLOSE_S = 20
_LOOK_S = 5
_WITHOUT_WORKERS_S = 60  # new ones may come meanwhile
_TLS = ", ".join(
    f"DASK_DISTRIBUTED__COMM__TLS__{name}" for name in ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY")
)
_HERE = "run it again to go on: what came back is kept"
# What has a say in the bytes that come back, or in how work is carried.
_PACKAGES = (
    *("cloudpickle", "dask", "detectron2", "distributed", "numpy", "opencv-python"),
    *("pillow", "pycocotools", "pydantic", "torch", "torchvision"),
)


@dataclass(frozen=True)
class _Done(Generic[Result]):
    """What a task gave: its result, and the files that it wrote."""

    result: Result
    files: tuple[CarriedFile, ...]


@dataclass(frozen=True)
class _Coming(Generic[Result]):
    """A task that a worker is at, and where what it gives will be kept."""

    place: Path
    future: Any
    client: Any

    def result(self) -> _Done[Result]:
        done: _Done[Result] = _awaited(self.future, self.client)
        write_bytes(self.place, pickle.dumps(done))
        return done


@dataclass(frozen=True)
class _Kept(Generic[Result]):
    """A task that an earlier run has done; what it gave is read when its turn comes."""

    place: Path

    def result(self) -> _Done[Result]:
        done: _Done[Result] = pickle.loads(self.place.read_bytes())
        return done


def map_on_cluster(
    address: str, work: Work[Job, Result], tasks: Sequence[Task[Job]], common: Sequence[Path]
) -> Generator[Result, None, None]:
    """Do on the cluster at ``address`` what ``toonseg.parallel.map_tasks`` says.

    Raises ToonsegError when nobody answers there, there is no worker, one has other versions than this
    machine, a task kills its workers, or the scheduler or every worker is lost.
    """
    if not tasks:
        return
    shelf = KEPT / _name(work)
    with _cluster(address) as client:
        threads = _check_workers(client, address)
        common_files = [_carried(path) for path in common]
        # As a task, not by `scatter`: that never ends when a worker dies at it, and what it sent can be lost.
        shared = client.submit(list, common_files, pure=False) if common else []
        asked = _digest(pickle.dumps((identity(), work)), common_files)
        places: list[Path] = []

        def submit(task: Task[Job]) -> Pending[_Done[Result]]:
            files = [_carried(path) for path in task.reads]
            place = shelf / f"{_digest(asked + pickle.dumps(task.job), files).hex()}.pickle"
            places.append(place)
            if place.exists():
                return _Kept(place)
            future = client.submit(_do, identity(), work, task.job, shared, files, pure=False)
            return _Coming(place, future, client)

        for done in in_order(submit, tasks, AHEAD * threads):
            for file in done.files:
                write_bytes(file.path, file.data)
            yield done.result
    for place in places:
        place.unlink(missing_ok=True)
    if not any(shelf.iterdir()):
        shelf.rmdir()


@contextmanager
def _cluster(address: str) -> Iterator[Any]:
    """A client of the cluster; what goes wrong with it in the block becomes a sentence."""
    for name in ("distributed", "distributed.client"):  # their tracebacks; ours is one sentence
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # A task carries its episode, so that the scheduler can hand it out again when a worker is killed.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"})
    _check_address(address)
    if not _answers(address):
        raise ToonsegError(
            f"{ENGINE}={address}: no Dask scheduler answers there: start one (docs/scaling.md), or unset "
            f"{ENGINE} to work on this machine"
        )
    client = Client(address, timeout=_ANSWER_S, set_as_default=False)  # type: ignore[no-untyped-call]
    try:
        yield client
    except KilledWorker as error:
        raise ToonsegError(
            f"an episode killed {error.allowed_failures + 1} workers, perhaps for want of memory: give them "
            f"more, then {_HERE}"
        ) from None
    except (CancelledError, CommClosedError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and client.status == "running":
            raise
        raise ToonsegError(
            f"the Dask scheduler at {address}, or all its workers, were lost: start them again, then {_HERE}"
        ) from None
    finally:
        client.close(timeout=_CLOSE_S)  # type: ignore[no-untyped-call]


def _awaited(future: Any, client: Any) -> Any:
    """The result of a future. Raises ToonsegError when there has been no worker for a while to give it."""
    without_since_s = None
    while True:
        try:
            return future.result(timeout=_LOOK_S)
        except TimeoutError:
            if future.done():
                return future.result()  # or what the task itself raised
        if _has_workers(client):
            without_since_s = None
        elif without_since_s is None:
            without_since_s = time.monotonic()
            print("waiting for workers: the Dask scheduler has none left", file=sys.stderr, flush=True)
        elif time.monotonic() - without_since_s >= _WITHOUT_WORKERS_S:
            raise ToonsegError(f"the Dask scheduler has lost all its workers: start some again, then {_HERE}")


def _has_workers(client: Any) -> bool:
    """Whether the scheduler has workers; true where it does not say, as the future itself tells its loss."""
    try:
        return client.status != "running" or bool(client.nthreads())
    except OSError:
        return True


def _check_address(address: str) -> None:
    """Raise ToonsegError for what no scheduler can answer at, without waiting for one."""
    try:
        parts = urlsplit(address)
        whole = parts.scheme in ("tcp", "tls") and parts.hostname and parts.port
    except ValueError:  # a port that is none
        whole = False
    if not whole:
        raise ToonsegError(f"{ENGINE}={address} is no address of a Dask scheduler: write tcp://HOST:PORT")
    if parts.scheme == "tls" and not _keys()["ssl_context"]:
        raise ToonsegError(f"{ENGINE}={address}: Dask's settings name no certificates: set {_TLS}")
    try:
        socket.getaddrinfo(parts.hostname, parts.port)
    except OSError as error:
        raise ToonsegError(
            f"{ENGINE}={address}: no machine of this name is known ({error.strerror})"
        ) from None


def _keys() -> dict[str, Any]:
    """The keys and certificates by which Dask's settings have a client speak, for ``rpc``."""
    keys: dict[str, Any] = Security().get_connection_args("client")  # type: ignore[no-untyped-call]
    return keys


def _answers(address: str) -> bool:
    """Whether a Dask scheduler answers at an address. A ``Client`` leaves threads behind where none does."""

    async def kind() -> str:
        async with rpc(address, connection_args=_keys()) as there:  # type: ignore[no-untyped-call]
            return str((await there.identity())["type"])

    try:
        return asyncio.run(asyncio.wait_for(kind(), _ANSWER_S)) == "Scheduler"
    except Exception:  # whatever else listens there is misread in a way of its own
        return False


def _check_workers(client: Any, address: str) -> int:
    """How many tasks the workers do at a time. Raises ToonsegError when none can do them."""
    theirs = client.run(identity, on_error="return")
    threads: int = sum(client.nthreads().values())
    if not theirs or not threads:
        raise ToonsegError(f"the Dask scheduler at {address} has no workers: start some (docs/scaling.md)")
    for worker, found in sorted(theirs.items()):
        if isinstance(found, CommClosedError):
            continue  # it has just left
        if isinstance(found, BaseException):
            raise ToonsegError(f"worker {worker} cannot run this toonseg ({found}): install the same there")
        _check_same(worker, identity(), found)
    return threads


def _check_same(worker: str, ours: dict[str, str], theirs: dict[str, str]) -> None:
    for name, here in ours.items():
        there = theirs.get(name, "none")
        if there != here:
            raise ToonsegError(
                f"worker {worker} has {name} {there}, this machine {here}: install the same on both "
                "(the same commit, constraints.txt)"
            )


@cache
def identity() -> dict[str, str]:
    """The versions of this toonseg, told by its source's digest, of Python and of the packages that count."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return {"Python": python_version(), "toonseg": digest.hexdigest()[:12], **dict(map(_package, _PACKAGES))}


def _package(name: str) -> tuple[str, str]:
    try:
        return name, version(name)
    except PackageNotFoundError:
        return name, "none"


def _do(
    ours: dict[str, str],
    work: Work[Job, Result],
    job: Job,
    shared: Sequence[CarriedFile],
    files: Sequence[CarriedFile],
) -> _Done[Result]:
    """Do one task on a worker, which may have come after the others were checked."""
    _check_same(get_worker().address, ours, identity())
    cv2.setNumThreads(1)
    written: list[CarriedFile] = []
    result = work(job, (*shared, *files), lambda path, data: written.append(CarriedFile(path, data)))
    return _Done(result, tuple(written))


def _carried(path: Path) -> CarriedFile:
    try:
        return CarriedFile(path, path.read_bytes())
    except FileNotFoundError:
        raise ToonsegError(f"{path} does not exist: run `dvc repro` to make it") from None


def _digest(asked: bytes, files: Sequence[CarriedFile]) -> bytes:
    """SHA-256 of what is asked and of the files that it is asked of."""
    digest = hashlib.sha256(asked)
    for file in files:
        digest.update(hashlib.sha256(file.data).digest())
    return digest.digest()


def _name(work: Callable[..., Any]) -> str:
    """The name of a function, or of that which a partial holds."""
    return str(getattr(work, "func", work).__qualname__)

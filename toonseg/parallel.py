"""Map a function over episodes: in this process, over as many as there are cores, or on a Dask cluster.

Both engines are executors as ``concurrent.futures`` has them. Few episodes are handed out at a time, and
results come in the episodes' order, so memory does not grow with a series.
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from toonseg.errors import ToonsegError
from toonseg.store import Source, Write, write_bytes
from toonseg.workers import ctrl_c_held_back, reuse_memory, use_one_core, worker_pool

ENGINE = "TOONSEG_ENGINE"  # an environment variable: DVC does not see it, so it makes no stage stale
WORKER_BYTES = 400 << 20  # what a process is reckoned to need; benchmarks/cut_speed.py tells its peak
AHEAD = 2  # episodes handed out for each worker: one to work on, one to go on with
_MOST_DEATHS = 3  # of processes, before the first unfinished episode is done

Item = TypeVar("Item")
Result = TypeVar("Result")
Job = TypeVar("Job")
Made_co = TypeVar("Made_co", covariant=True)


@dataclass(frozen=True)
class Task(Generic[Job]):
    """One episode's share of the work: what is to be done, and the files that it reads."""

    job: Job
    reads: tuple[Path, ...]


class Pending(Protocol[Made_co]):
    """A result to wait for."""

    def result(self) -> Made_co:
        """Wait for it, or raise what the work raised."""


# A function of a job, of the files of its task behind those that all tasks read, and of what writes a file.
Work = Callable[[Job, Sequence[Source], Write], Result]


def map_tasks(
    work: Work[Job, Result],
    tasks: Sequence[Task[Job]],
    processes: int | None = None,
    common: Sequence[Path] = (),
) -> Generator[Result, None, None]:
    """Give ``work(job, [*common, *reads], write)`` for each task, in the order of the tasks.

    ``work`` opens only the files that it is given and writes only through ``write(path, bytes)``: where
    TOONSEG_ENGINE names a cluster, bytes go out and named bytes come back, and no disk is shared. Else
    ``map_episodes`` does it here, where each process opens and writes files itself. The bytes are the same.
    """
    address = os.environ.get(ENGINE)
    if address:
        from toonseg.cluster import map_on_cluster

        return map_on_cluster(address, work, tasks, common)
    return map_episodes(partial(_do_here, work, tuple(common)), tasks, processes)


def on_cluster() -> bool:
    """Whether ``map_tasks`` hands its tasks to a cluster."""
    return bool(os.environ.get(ENGINE))


def map_episodes(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    processes: int | None = None,
) -> Generator[Result, None, None]:
    """Give ``function(item)`` for each item, in the order of the items, on this machine.

    ``function``, the items and the results must be picklable. ``processes`` is the number of cores when
    None, or fewer where memory is short; one process, or one item, is done here. The first exception is
    raised where its result would come and ends the rest; Ctrl-C ends all at once. What a killed process was
    at is done again. Raises ToonsegError when processes are killed again and again at the same item.
    """
    count = min(processes or most_processes(), len(items))
    if count <= 1:
        use_one_core()
        reuse_memory()
        yield from map(function, items)
        return
    # Imported here: one episode needs none of it.
    from concurrent.futures.process import BrokenProcessPool

    done = deaths = 0
    while done < len(items):
        try:
            for result in _in_pool(function, items[done:], count):
                yield result
                done, deaths = done + 1, 0
        except BrokenProcessPool:
            deaths += 1
            if deaths == _MOST_DEATHS:
                raise ToonsegError(
                    f"a worker process was killed {deaths} times, perhaps for want of memory: free some and "
                    "run it again"
                ) from None
            count = max(1, count // deaths)  # by itself, an episode may fit in the memory


def in_order(
    submit: Callable[[Item], Pending[Result]], items: Iterable[Item], ahead: int
) -> Iterator[Result]:
    """The results of items, in their order; at most ``ahead`` are submitted and not yet given."""
    waiting: deque[Pending[Result]] = deque()
    for item in items:
        if len(waiting) == ahead:
            yield waiting.popleft().result()
        waiting.append(submit(item))
    while waiting:
        yield waiting.popleft().result()


def most_processes() -> int:
    """As many processes as there are cores, but no more than the free memory holds; 1 at least."""
    import psutil  # here, since a single process needs none of it

    return max(1, min(cores(), int(psutil.virtual_memory().available) // WORKER_BYTES))


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _do_here(work: Work[Job, Result], common: tuple[Path, ...], task: Task[Job]) -> Result:
    return work(task.job, (*common, *task.reads), write_bytes)


def _in_pool(function: Callable[[Item], Result], items: Sequence[Item], count: int) -> Iterator[Result]:
    with worker_pool(count) as pool:

        def submit(item: Item) -> Pending[Result]:
            with ctrl_c_held_back():  # this may begin a worker, which is to be whole before it is ended
                return pool.submit(function, item)

        yield from in_order(submit, items, AHEAD * count)

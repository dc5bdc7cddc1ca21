"""Map a function over episodes: in this process, or over as many as there are cores."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import cv2

from toonseg.errors import ToonsegError

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_episodes(
    function: Callable[[Item], Result], items: Sequence[Item], processes: int | None = None
) -> Iterator[Result]:
    """Give ``function(item)`` for each item, in the order of the items.

    ``function``, the items and the results must be picklable: each process is started afresh, not
    forked, so threads of this one do no harm. ``processes`` is the number of cores when None; one
    process, or one item, is done here. The first exception is raised where its result would come and
    ends the rest; Ctrl-C ends all at once. Raises ToonsegError when a process is killed from outside.
    """
    count = min(processes or cores(), len(items))
    if count <= 1:
        yield from map(function, items)
        return
    # Imported here: one episode needs none of it.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin_worker)
    try:
        futures = [pool.submit(function, item) for item in items]
        for future in futures:
            yield future.result()
    except BrokenProcessPool:
        raise ToonsegError(
            "a worker process was killed, perhaps for want of memory: free some and run it again"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _begin_worker() -> None:
    """Make a worker use one core, fall silent on Ctrl-C, and end when the process that began it ends."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

"""Worker processes on this machine: each uses one core, is silent on Ctrl-C, and ends with this process.

A process of one thread forks them, so what it has imported is theirs at once. One of more starts them afresh:
forked, they would miss its threads.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # as <malloc.h> has them
_KEPT_BYTES = 32 << 20  # the most that may be set


def keep_one_thread() -> None:
    """Let numpy, if it is imported after this, begin no threads: ``worker_pool`` then forks its workers."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@contextmanager
def worker_pool(count: int) -> "Iterator[Executor]":
    """A pool of at most ``count`` workers; what waits is dropped at the end."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("fork" if _has_one_thread() else "spawn")
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin_worker)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def ctrl_c_held_back() -> Iterator[None]:
    """Put Ctrl-C off to the end of the block; processes begun in it are deaf to it until they listen.

    Only the main thread hears Ctrl-C: in others, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    deaf = hasattr(signal, "pthread_sigmask")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if deaf else set()
    try:
        yield
    finally:
        if deaf:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, handler)
        if heard:
            signal.raise_signal(signal.SIGINT)


def use_one_core() -> None:
    """Let OpenCV use one core: a second one makes work on small pictures only dearer."""
    import cv2

    cv2.setNumThreads(1)


def reuse_memory() -> None:
    """Let memory that pictures leave wait for the next ones: getting it anew costs as much as encoding.

    Told to the C library of most Linux systems; where there is another one, nothing is done.
    """
    if sys.platform != "linux":
        return
    import ctypes

    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
        library.mallopt(_M_TRIM_THRESHOLD, 2 * _KEPT_BYTES)


def _has_one_thread() -> bool:
    """Whether this process has a single thread, those counted that Python does not know; Linux tells."""
    threads = Path("/proc/self/task")
    return threads.is_dir() and len(list(threads.iterdir())) == 1


def _begin_worker() -> None:
    use_one_core()
    reuse_memory()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

"""Episodes drawn for the demo's site: each once, ahead of who asks for them where that is wished."""

import os
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Protocol

from toonseg.workers import ctrl_c_held_back


class Drawn(Protocol):
    """An episode's pages, in order: file names and bytes."""

    @property
    def pages(self) -> Sequence[tuple[str, bytes]]:
        """File names and bytes."""


Draw = Callable[[str, int], Drawn]


def draw_demo(series: str, number: int) -> Drawn:
    """Have the artist draw an episode."""
    from toonseg.demo.artist.episode import draw_episode

    return draw_episode(series, number)


class Studio:
    """Draws each episode once, however many ask for it at the same time."""

    def __init__(self, draw: Draw, executor: Executor) -> None:
        self._draw = draw
        self._executor = executor
        self._drawings: dict[tuple[str, int], Future[Drawn]] = {}
        self._lock = threading.Lock()

    def order(self, series: str, number: int) -> Future[Drawn]:
        """Have an episode drawn, unless it is already."""
        with self._lock:
            if (series, number) not in self._drawings:
                self._drawings[series, number] = self._executor.submit(self._draw, series, number)
            return self._drawings[series, number]

    def pages(self, series: str, number: int) -> Sequence[tuple[str, bytes]]:
        """The pages of an episode, when they are drawn."""
        return self.order(series, number).result().pages


@contextmanager
def open_studio(draw: Draw, ahead: Collection[tuple[str, int]]) -> Iterator[Studio]:
    """A studio while the block runs; the episodes ``ahead`` are drawn at once, by a process a core."""
    if not ahead:
        with ThreadPoolExecutor(1) as executor:
            yield Studio(draw, executor)
        return
    with _workers(min(len(ahead), os.cpu_count() or 1)) as executor:
        studio = Studio(draw, executor)
        with ctrl_c_held_back():  # the processes started here inherit that, and leave Ctrl-C to us
            for series, number in ahead:
                studio.order(series, number)
        yield studio


@contextmanager
def _workers(count: int) -> Iterator[Executor]:
    """Processes that end with the block, or with this process, in the middle of a drawing or not."""
    context = get_context("spawn")
    far, near = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(count, context, initializer=_hold_lifeline, initargs=(far,))
    try:
        yield executor
    finally:
        near.close()
        executor.shutdown(cancel_futures=True)


def _hold_lifeline(lifeline: Connection) -> None:
    threading.Thread(target=_end_when_cut, args=(lifeline,), daemon=True).start()


def _end_when_cut(lifeline: Connection) -> None:
    with suppress(EOFError, OSError):
        lifeline.recv()
    os._exit(0)

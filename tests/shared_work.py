"""Work for a cluster's workers, which import it by this name."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from toonseg.errors import ToonsegError
from toonseg.store import Source, Write


def repeat(number: int, files: Sequence[Source], write: Write) -> int:
    """Write the only file's text ``number`` times; a worker must not find it on a disk."""
    (source,) = files
    assert not Path(str(source)).exists()
    write(Path(f"out/{number:02d}.txt"), source.read_bytes() * number)
    return number


def repeat_slowly(number: int, files: Sequence[Source], write: Write) -> int:
    """Do the same after half a second, in which whoever does it can be ended."""
    time.sleep(0.5)
    return repeat(number, files, write)


def repeat_and_tell(job: tuple[int, Path], files: Sequence[Source], write: Write) -> int:
    """Do the same, and leave a mark for each time that it was done."""
    number, marks = job
    with (marks / str(number)).open("a") as file:
        file.write("x")
    return repeat(number, files, write)


def refuse_three(number: int, files: Sequence[Source], write: Write) -> int:
    """Refuse the number 3."""
    if number == 3:
        raise ToonsegError("three is refused")
    return number


def die_once(job: tuple[int, Path]) -> int:
    """Give the number doubled; the first process that is given 5 is killed at it."""
    number, mark = job
    if number == 5 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def die_on_worker(number: int, files: Sequence[Source], write: Write) -> int:
    """Kill whoever does this."""
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def contents(number: int, files: Sequence[Source], write: Write) -> list[bytes]:
    """Give what each file holds."""
    return [source.read_bytes() for source in files]

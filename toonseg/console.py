"""How a command ends: one summary line, or one sentence and an exit status that is not 0."""

import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from toonseg.errors import ToonsegError
from toonseg.times import Stopwatch, note

INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def guarded(work: Callable[[], int]) -> int:
    """Run ``work``; turn what a user can fix, Ctrl-C and a full disk into a sentence on stderr."""
    try:
        return work()
    except ToonsegError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return _complain("stopped by Ctrl-C: what was finished is kept, run it again to go on", INTERRUPTED)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            place = f" while writing {error.filename}" if error.filename else ""
            return _complain(f"no space left on the disk{place}: free some and run it again")
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and error.filename:
            return _complain(f"{error.filename}: {error.strerror}: give yourself access and run it again")
        raise


def run_stage(name: str, stage: Callable[..., str]) -> NoReturn:
    """Run a stage with the command line's arguments, print the summary it returns and what it took, and exit.

    Time and memory are also noted in data/times.jsonl, those of a stage that fails too.
    Where the environment variable TOONSEG_STAGE_LOG names a file, the stage's name is added to it.
    """
    arguments = sys.argv[1:]
    label = "@".join([name, *arguments])
    watch = Stopwatch()

    def work() -> int:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        log = os.environ.get("TOONSEG_STAGE_LOG")
        if log:
            with Path(log).open("a", encoding="utf-8") as file:
                file.write(label + "\n")
        summary = stage(*arguments)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is written: too late to be stopped
        print(f"{label}: {summary}", flush=True)
        return 0

    status = guarded(work)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    took = watch.read(label, "failed" if status else "done")
    note(took)
    print(f"{label}: {took.cost}", flush=True)
    sys.exit(status)


def _complain(sentence: str, status: int = 1) -> int:
    # Under DVC the stage's own output stands just above; an "error:" is easy to find in it.
    print(f"error: {sentence}", file=sys.stderr, flush=True)
    return status


def progress(items: Any, what: str, unit: str, total: int | None = None) -> Any:
    """Iterate with a bar that tells count, rate and time left; silent where nobody watches."""
    if not sys.stderr.isatty():
        return items
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # no thread beside this one: workers may be forked
    return tqdm(items, desc=what, unit=unit, total=total, leave=False, miniters=1)

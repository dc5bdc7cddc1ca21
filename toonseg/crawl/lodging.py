"""Where a browser lives: a folder for all that it writes, and processes that end with ours."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

_FOLDER, _LOCK = "toonseg-browser-", "lock"
_SOCKET = "/org.chromium.Chromium.XXXXXX/SingletonSocket"  # in TMPDIR; a socket's path has 103 bytes at most


class Lodging:
    """A temporary folder. A lock held in it tells it from one left by a killed run."""

    def __init__(self) -> None:
        _remove_abandoned()
        self.folder = Path(tempfile.mkdtemp(prefix=_FOLDER))
        self._lock = FileLock(self.folder / _LOCK).acquire()

    def remove(self) -> None:
        """Remove the folder and all in it."""
        with self._lock:
            shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self) -> dict[str, str]:
        """The environment of programs that write nothing outside the folder."""
        homes = ["XDG_CONFIG_HOME", "XDG_CACHE_HOME"]
        if len(os.fsencode(self.folder)) + len(_SOCKET) <= 103:
            homes.append("TMPDIR")
        return {**os.environ, **dict.fromkeys(homes, str(self.folder))}


def dying_with_us() -> dict[str, Any]:
    """Arguments of a Popen: the process dies with this one, but not of the terminal's Ctrl-C."""
    if sys.platform == "win32":
        return {}
    return {"start_new_session": True, "preexec_fn": _dying_with_parent()}


def end(process: "subprocess.Popen[Any]") -> None:
    """Kill a driver and its browser: asked to quit, they would first finish loading their page."""
    with suppress(ProcessLookupError, PermissionError):
        process.kill() if sys.platform == "win32" else os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()


def _dying_with_parent() -> Callable[[], None] | None:
    """What a child process does first, on Linux: ask the kernel to be killed when its parent ends."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork
    return lambda: prctl(1, signal.SIGKILL)  # 1: PR_SET_PDEATHSIG


def _remove_abandoned() -> None:
    """Remove the folders of runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        # A run holds the lock (Timeout is an OSError), or the folder is somebody else's.
        with suppress(OSError), FileLock(folder / _LOCK, timeout=0):
            shutil.rmtree(folder, ignore_errors=True)

"""A Dask cluster of this machine, for tests: a scheduler and workers that see none of the project's files."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
_HIDE = 'mount -t tmpfs none "$0" && exec "$@"'
_SETTINGS = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}


class Cluster:
    """Real processes in an empty folder; ``address`` is what TOONSEG_ENGINE takes.

    To them the folder ``hidden`` is empty, if one is given: each has a mount namespace of its own, for
    which root is needed.
    """

    def __init__(self, folder: Path, workers: int = 0, hidden: Path | None = None) -> None:
        self._folder = folder
        self._apart = ["unshare", "--mount", "sh", "-c", _HIDE, str(hidden)] if hidden else []
        self.workers: list[subprocess.Popen[str]] = []
        self.scheduler = self._begin("scheduler", "--host", "127.0.0.1", "--port", "0")
        self.address = self._said(self.scheduler, r"Scheduler at:\s+(tcp://\S+)")
        self.with_workers(workers)

    def with_workers(self, count: int) -> "Cluster":
        """Bring the living workers to a number."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) > count:
            self.kill(self.workers.pop())
        while len(self.workers) < count:
            self.workers.append(self.begin_worker())
        return self

    def begin_worker(self, code: Path | None = None) -> subprocess.Popen[str]:
        """Start one more worker, of one thread, and wait until the scheduler knows it."""
        options = ("--nthreads", "1", "--no-nanny", "--host", "127.0.0.1")
        worker = self._begin("worker", self.address, *options, code=code)
        self._said(worker, r"Registered to:\s+(\S+)")
        return worker

    def kill(self, process: subprocess.Popen[str]) -> None:
        """End a process without a warning."""
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stderr
        process.stderr.close()

    def close(self) -> None:
        """End everything."""
        for process in (self.scheduler, *self.workers):
            if process.poll() is None:
                self.kill(process)

    def _begin(self, *arguments: str, code: Path | None = None) -> subprocess.Popen[str]:
        path = os.pathsep.join([str(code or ROOT), str(ROOT / "tests")])
        return subprocess.Popen(
            [*self._apart, sys.executable, "-m", "dask", *arguments, "--no-dashboard"],
            cwd=self._folder,
            env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **_SETTINGS},
            stderr=subprocess.PIPE,
            text=True,
        )

    def _said(self, process: subprocess.Popen[str], pattern: str) -> str:
        """What a process says of itself, once it is ready."""
        assert process.stderr
        said = ""
        for line in process.stderr:
            said += line
            found = re.search(pattern, line)
            if found:
                return found[1]
        raise AssertionError(f"{process.args} ended\n{said}")

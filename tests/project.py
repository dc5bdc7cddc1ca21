"""A small copy of this project, for tests that run its pipeline: two series of two episodes, two steps."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
LABELLED, UNLABELLED = "after-class", "tidal-town"
TINY: dict[str, Any] = {
    "series": {
        LABELLED: {"site": "demo", "title": LABELLED, "episodes": "1-2"},
        UNLABELLED: {"site": "demo", "title": UNLABELLED, "episodes": "1"},
    },
    "train.iterations": 2,
    "train.batch": 2,
    "train.threads": 1,
    "train.warmup_iterations": 1,
    "train.checkpoint_every": 1,
    "train.log_every": 1,
    "export.series": [UNLABELLED],
}


class Project:
    """A project folder with its own Git history, and the stages that have run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._log = root.parent / f"{root.name}.stages"

    def copy(self, root: Path) -> "Project":
        """Give a copy of the project as it stands, with its own log."""
        shutil.copytree(self.root, root, symlinks=True)
        return Project(root)

    def run(self, *command: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in the project and give its status and all that it printed (in stdout)."""
        return subprocess.run(
            command,
            cwd=self.root,
            env=self.environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )

    def ok(self, *command: str) -> str:
        """Run a command that must succeed and give what it printed."""
        done = self.run(*command)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
        return done.stdout

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a command: this Python first on the path, a log of stages."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "TOONSEG_STAGE_LOG": str(self._log), **(more or {})}

    def stages_of(self, *command: str) -> set[str]:
        """Run a command that must succeed and give the names of the stages that ran."""
        self._log.unlink(missing_ok=True)
        self.ok(*command)
        return self.ran()

    def ran(self) -> set[str]:
        """The stages that ran since the log was last emptied."""
        return set(self._log.read_text().split()) if self._log.exists() else set()

    def interrupt(self, stage: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command and press Ctrl-C as soon as ``stage`` has begun.

        A stage that ends before the key reaches it succeeds, and is begun again.
        """
        for _ in range(50):
            interrupted = self._press_ctrl_c(stage, command)
            if interrupted.returncode != 0:
                return interrupted
        raise AssertionError(f"{stage} was over before Ctrl-C each time\n{interrupted.stdout}")

    def _press_ctrl_c(self, stage: str, command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        self._log.unlink(missing_ok=True)
        running = subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        while stage not in self.ran() and running.poll() is None:
            time.sleep(0.001)
        os.killpg(running.pid, signal.SIGINT)
        printed, _ = running.communicate()
        return subprocess.CompletedProcess(command, running.returncode, printed)

    def update(self, values: Mapping[str, Any]) -> None:
        """Change values of params.yaml by their dotted paths; comments stay."""
        yaml, path = YAML(), self.root / "params.yaml"
        document = yaml.load(path.read_text(encoding="utf-8"))
        for key, value in values.items():
            *above, last = key.split(".")
            section = document
            for part in above:
                section = section[part]
            section[last] = value
        with path.open("w", encoding="utf-8") as file:
            yaml.dump(document, file)

    def commit(self) -> None:
        """Commit all that Git does not ignore."""
        self.ok("git", "add", "-A")
        self.ok("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "State")


def make_tiny(root: Path) -> Project:
    """Copy the project's own files (no outputs) to ``root``, make it tiny, and commit it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (
            (ROOT / name).is_file()
            and name not in ("dvc.lock",)
            and (not name.startswith(("plots/", "metrics/")) or name.endswith(".gitignore"))
        ):
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    project = Project(root)
    project.update(TINY)
    for path in (root / "data/labels").glob("*.json"):
        path.unlink()
    project.ok("git", "init", "-q", "-b", "main")
    project.ok("toonseg", "demo", "labels", "--series", LABELLED, "--episodes", "1-2")
    project.commit()
    return project

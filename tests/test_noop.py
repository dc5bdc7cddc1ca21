"""The tree on which benchmarks/noop.py measures must follow dvc.yaml."""

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.noop import make_project

ROOT = Path(__file__).parent.parent


def measured(root: Path, *options: str) -> str:
    """What the benchmark prints in a project, with each command measured once."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.noop", "--times", "1", *options],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_benchmark_of_a_no_op_lays_down_all_that_the_stages_read_and_write() -> None:
    said = measured(ROOT, "--episodes", "2", "--panels", "2")
    assert said.count("Data and pipelines are up to date.") == 2


def test_the_benchmark_of_a_no_op_takes_a_project_with_its_outputs(tmp_path: Path) -> None:
    make_project(tmp_path, 2, 2)
    shutil.copytree(ROOT / "benchmarks", tmp_path / "benchmarks")
    for command in (("init", "-q"), ("add", "-A")):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    said = measured(tmp_path, "--here")
    assert said.startswith("this project: dvc commit ")
    assert said.count("Data and pipelines are up to date.") == 2

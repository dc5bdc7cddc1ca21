"""The tree on which benchmarks/noop.py measures must follow dvc.yaml."""

import subprocess
import sys
from pathlib import Path


def test_the_benchmark_of_a_no_op_lays_down_all_that_the_stages_read_and_write() -> None:
    options = ("--episodes", "2", "--panels", "2", "--times", "1")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.noop", *options],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Data and pipelines are up to date.") == 2

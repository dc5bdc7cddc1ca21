"""What a no-op costs: ``python -m benchmarks.noop [--episodes N --panels N | --here [--all]]``.

Makes a project of so many episodes, in series of 100, with so many panels in each, its outputs written by
this script and committed to DVC as they are; or copies this one with the outputs that it has, and with --all
its experiments, which a bare `dvc status` looks at too. Then `dvc status` and a `dvc repro` that runs nothing
are measured in turn, in CPU-seconds of user and system; the best of each counts.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
OF_A_SERIES = 100  # episodes
FILES = ("dvc.yaml", "params.yaml", "data/.gitignore", ".gitignore", ".dvcignore", ".dvc/config")


def make_project(root: Path, episodes: int, panels: int) -> None:
    """Lay the project's code, its parameters and the outputs of every stage below ``root``."""
    for name in ("stages", "toonseg"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name)
    yaml = YAML()
    params = yaml.load((root / "params.yaml").read_text(encoding="utf-8"))
    names = [f"series-{number:03d}" for number in range(-(-episodes // OF_A_SERIES))]
    params["series"] = {name: {"site": "demo", "title": name, "episodes": "1-100"} for name in names}
    with (root / "params.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(params, file)
    for number in range(episodes):
        series, episode = names[number // OF_A_SERIES], str(number % OF_A_SERIES + 1)
        write(root / f"data/pages/{series}/{episode}.cbz", number)
        write(root / f"plots/cut/{series}/{episode}.jpg", number)
        for panel in range(panels):
            place = f"data/panels/{series}/{episode}/{1000 * panel:06d}-0000.png"
            write(root / place, number * panels + panel)
    (root / "data/labels").mkdir()
    for side in ("train", "val", "test"):
        write(root / f"data/dataset/{side}.json", 0)
    for stage in YAML(typ="safe", pure=True).load(ROOT / "dvc.yaml")["stages"].values():
        for out in outputs(stage):
            for path in {out.replace("${item.series}", name) for name in names}:
                if not (root / path).exists():
                    write(root / path, 0)


def copy_project(root: Path, experiments: bool) -> None:
    """Copy this project as it stands, with or without its experiments; every output must be there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = [name for name in listed.stdout.split("\0") if name]
    if experiments:
        shutil.copytree(ROOT / "experiments/models", root / "experiments/models")
    else:
        names = [name for name in names if not name.startswith("experiments/")]
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name)
    left = shutil.ignore_patterns("checkpoints")
    for name in ("data", "metrics", "plots"):
        shutil.copytree(ROOT / name, root / name, dirs_exist_ok=True, ignore=left)
    copy = shutil.copytree if (ROOT / "report").is_dir() else shutil.copy2
    copy(ROOT / "report", root / "report")


def outputs(stage: dict[str, Any]) -> list[str]:
    """The paths of all that a stage writes."""
    listed = [*stage.get("outs", []), *stage.get("metrics", []), *stage.get("plots", [])]
    return [one if isinstance(one, str) else next(iter(one)) for one in listed]


def write(path: Path, number: int) -> None:
    """A small file that differs from all others of another number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}\n" if path.suffix == ".json" else f"{number}\n")


def measure(root: Path, *command: str) -> tuple[float, float, str]:
    """CPU-seconds and seconds of a DVC command, and what it said last."""
    before, started_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    bare = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    call = [sys.executable, "-m", "dvc", *command]
    done = subprocess.run(call, cwd=root, capture_output=True, text=True, check=False, env=bare)
    if done.returncode:
        raise SystemExit(f"dvc {' '.join(command)} failed:\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu_s, time.monotonic() - started_s, "".join(done.stdout.strip().splitlines()[-1:])


def main() -> None:
    """Print a line for each command, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--panels", type=int, default=100, help="panels of each episode")
    parser.add_argument("--here", action="store_true", help="measure a copy of this project's own tree")
    parser.add_argument("--all", action="store_true", help="with --here, its experiments too")
    parser.add_argument("--times", type=int, default=3, help="how often each is measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        if options.here:
            copy_project(root, options.all)
        else:
            make_project(root, options.episodes, options.panels)
        subprocess.run(["git", "init", "-q"], cwd=root, check=True)
        cpu_s, wall_s, _ = measure(root, "commit", "--force")
        what = f"{options.episodes} episodes, {options.episodes * options.panels} panels"
        print(f"{'this project' if options.here else what}: dvc commit {cpu_s:.1f} CPU-s, {wall_s:.1f} s")
        measure(root, "status")  # the first one fills DVC's table of what it has hashed
        commands = {"status": ("status",), "repro": ("repro",)}
        runs = {key: [] for key in commands}
        for _ in range(options.times):
            for key, command in commands.items():
                runs[key].append(measure(root, *command))
                assert "up to date" in runs[key][-1][2], runs[key][-1][2]
        best = {key: min(its) for key, its in runs.items()}
        for key, (cpu_s, wall_s, said) in best.items():
            print(f"dvc {key}: {cpu_s:.2f} CPU-s, {wall_s:.1f} s ({said})")
        print(f"ratio of CPU-seconds: {best['repro'][0] / best['status'][0]:.2f}")


if __name__ == "__main__":
    main()

"""Seconds a step, pictures a second, and memory of each engine and profile, side by side.

    python -m benchmarks.engines [--train COCO] [--images DIR] [--side PX] [--profiles small,base]

Each line is measured in a process of its own on the same pictures, so run it on a machine that does nothing
else. Without a dataset the pipeline's own is taken.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from toonseg.engines.base import TrainParams, fit, has_detectron2, load, rehearse
from toonseg.engines.watch import Listener
from toonseg.panels import read_pictures
from toonseg.params import load_params
from toonseg.store import read_json

_GB = 1e9


@dataclass(frozen=True)
class Case:
    """What is measured."""

    engine: str
    profile: str
    precision: str


def main() -> None:
    """Print a line for each engine, profile and precision there is."""
    options = _parser().parse_args()
    if options.case:
        print(json.dumps(measure(Case(**json.loads(options.case)), options)))
        return
    profiles = options.profiles.split(",")
    cases = [Case("torchvision", profile, kind) for profile in profiles for kind in ("fp32", "bf16")]
    if has_detectron2() and "base" in profiles:
        cases += [Case("detectron2", "base", kind) for kind in ("fp32", "bf16")]
    print(
        f"{'engine':12}{'profile':9}{'precision':11}"
        f"{'s a step':>9}{'GB':>6}{'pictures/s':>12}{'in the model':>14}"
    )
    for case in cases:
        its = _apart(case)
        print(
            f"{case.engine:12}{case.profile:9}{case.precision:11}{its['step_s']:9.2f}{its['peak_gb']:6.1f}"
            f"{its['pictures_a_s']:12.2f}{its['model_share']:14.0%}",
            flush=True,
        )


def measure(case: Case, options: argparse.Namespace) -> dict[str, float]:
    """Rehearse a training, then predict with a model of one step."""
    params = replace(
        load_params("train", TrainParams),
        engine=case.engine,
        profile=case.profile,
        precision=case.precision,
        iterations=1,
        warmup_iterations=0,
        learning_rate=1e-5,
        batch=options.batch,
        short_side_px=options.side,
        long_side_px=2 * options.side,
        first_size=1.0,
        scale_min=1.0,
        scale_max=1.0,
    )
    train = _some(read_json(options.train), options.pictures)
    rehearsal = rehearse(train, options.images, params, Listener())
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "model"
        fit(train, options.images, params, out=out, checkpoints=Path(folder) / "state", watch=Listener())
        predictor = load(out, params.device)
    pictures = list(read_pictures(options.images, train["images"]))
    clock = ModelClock(predictor)
    started_s = time.perf_counter()
    predictor.predict(pictures, 0.05)
    seconds = time.perf_counter() - started_s
    return {
        "step_s": rehearsal.seconds_a_step,
        "peak_gb": rehearsal.peak_bytes / _GB,
        "pictures_a_s": len(pictures) / seconds,
        "model_share": clock.seconds / seconds,
    }


class ModelClock:
    """How long a predictor's network computes, on whichever thread: seconds in which any of them does."""

    def __init__(self, predictor: Any) -> None:
        self.seconds = 0.0
        self._inside, self._since_s = 0, 0.0
        self._lock = threading.Lock()
        network = predictor._model if hasattr(predictor, "_model") else predictor._network
        network.register_forward_pre_hook(lambda *_: self._move(1))
        network.register_forward_hook(lambda *_: self._move(-1))

    def _move(self, step: int) -> None:
        with self._lock:
            now_s = time.perf_counter()
            if self._inside:
                self.seconds += now_s - self._since_s
            self._inside += step
            self._since_s = now_s


def _some(coco: dict[str, Any], most: int) -> dict[str, Any]:
    """The first images of a dataset, with their annotations."""
    images = coco["images"][:most]
    ids = {image["id"] for image in images}
    labels = [one for one in coco["annotations"] if one["image_id"] in ids]
    return {**coco, "images": images, "annotations": labels}


def _apart(case: Case) -> dict[str, float]:
    """Measure in a process of its own, so that memory and threads are its own."""
    command = [sys.executable, "-m", "benchmarks.engines", *sys.argv[1:], "--case", json.dumps(asdict(case))]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", type=Path, default=Path("data/dataset/train.json"))
    parser.add_argument("--images", type=Path, default=Path("data/panels"))
    parser.add_argument("--side", type=int, default=256, help="short side in pixels")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--profiles", default="small,base")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()

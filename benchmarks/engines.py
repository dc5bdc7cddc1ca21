"""Seconds a step, pictures a second, and memory of each engine and profile, side by side.

    python -m benchmarks.engines [--train COCO] [--images DIR] [--model DIR] [--side PX]

Each line is measured in a process of its own on the same pictures, so run it on a machine that does nothing
else. Without a dataset the pipeline's own is taken, and its model for the case that it is of: what is beside
the network takes longer where there is something to draw.
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
from toonseg.engines.model_dir import CARD, read_model_card
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
    """Rehearse a training, then predict with the trained model of this case, or with one of one step."""
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
    if _of_case(options.model, case):
        predictor = load(options.model, params.device)
    else:
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
        "model_share": clock.share(seconds),
    }


class ModelClock:
    """How long a predictor's network computes on each thread."""

    def __init__(self, predictor: Any) -> None:
        self._seconds: dict[int, float] = {}
        self._since_s: dict[int, float] = {}
        network = predictor._model if hasattr(predictor, "_model") else predictor._network
        network.register_forward_pre_hook(self._enter)
        network.register_forward_hook(self._leave)

    def share(self, seconds: float) -> float:
        """The network's part of the time of all threads that it ran on, in ``seconds`` by the clock."""
        return sum(self._seconds.values()) / (seconds * max(1, len(self._seconds)))

    def _enter(self, *_: Any) -> None:
        self._since_s[threading.get_ident()] = time.perf_counter()

    def _leave(self, *_: Any) -> None:
        thread = threading.get_ident()
        spent_s = time.perf_counter() - self._since_s[thread]
        self._seconds[thread] = self._seconds.get(thread, 0.0) + spent_s


def _of_case(model: Path, case: Case) -> bool:
    """Whether there is a trained model of this engine, profile and precision."""
    if not (model / CARD).exists():
        return False
    card = read_model_card(model)
    return case == Case(card["engine"], card["profile"], card["params"]["precision"])


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
    parser.add_argument("--model", type=Path, default=Path("data/model"), help="trained, to predict with")
    parser.add_argument("--side", type=int, default=256, help="short side in pixels")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--profiles", default="small,base")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()

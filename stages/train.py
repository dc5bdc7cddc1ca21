"""Train a model on the training set: ``python -m stages.train``."""

import time
from functools import partial
from pathlib import Path

from toonseg.console import run_stage
from toonseg.engines.base import TrainParams, fit, leads
from toonseg.engines.watch import Listener, TrainingLog
from toonseg.params import load_params
from toonseg.store import read_json, write_json

TRAIN = Path("data/dataset/train.json")
VAL = Path("data/dataset/val.json")
PANELS = Path("data/panels")
MODEL = Path("data/model")
CHECKPOINTS = Path("data/checkpoints")
PLOTS = Path("plots/train")
METRICS = Path("metrics/train.json")


def main() -> str:
    """Fit the engine of the section ``train``; an interrupted run goes on from its checkpoint."""
    params = load_params("train", TrainParams)
    learn = partial(fit, read_json(TRAIN), PANELS, params, val=read_json(VAL), out=MODEL)
    if not leads():  # under torchrun
        learn(checkpoints=CHECKPOINTS, watch=Listener(silent=True))
        return "helped to train"
    started_s = time.monotonic()
    with TrainingLog(CHECKPOINTS / "live", params.log_every) as log:
        losses = learn(checkpoints=CHECKPOINTS, watch=log)
    log.publish(PLOTS)
    write_json(METRICS, {"loss": round(losses["loss"], 4)})
    minutes = (time.monotonic() - started_s) / 60
    return f"{params.iterations} iterations, loss {losses['loss']:.2f}, {minutes:.1f} min"


if __name__ == "__main__":
    run_stage("train", main)

"""Train one of the models of the seven experiments: ``python -m stages.experiment_fit NAME``."""

import time
from dataclasses import replace
from pathlib import Path

from stages.train import CHECKPOINTS, PANELS, TRAIN, VAL
from toonseg.console import run_stage
from toonseg.engines.base import TrainParams, fit
from toonseg.engines.watch import TrainingLog
from toonseg.experiments import FITS, ExperimentParams, part_of, series_of
from toonseg.params import load_params
from toonseg.store import read_json

PARAMS = Path("experiments/params.yaml")
MODELS = Path("experiments/models")


def main(name: str) -> str:
    """Fit by the section ``train``, on the series of ``name``, from fresh weights or another's model."""
    its = FITS[name]
    chosen = load_params("experiments", ExperimentParams, PARAMS)
    params = load_params("train", TrainParams)
    if its.start:
        params = replace(
            params, init=str(MODELS / its.start), heads="keep", iterations=chosen.transfer_iterations
        )
    else:
        params = replace(params, iterations=chosen.iterations)
    series = series_of(its.role, chosen)
    train, val = part_of(read_json(TRAIN), series, str(TRAIN)), read_json(VAL)
    if val["images"]:
        val = part_of(val, series, str(VAL))
    aside = CHECKPOINTS / "experiments" / name
    started_s = time.monotonic()
    with TrainingLog(aside / "live", params.log_every) as log:
        losses = fit(train, PANELS, params, val=val, out=MODELS / name, checkpoints=aside, watch=log)
    minutes = (time.monotonic() - started_s) / 60
    return f"{len(train['images'])} panels, loss {losses['loss']:.2f}, {minutes:.1f} min"


if __name__ == "__main__":
    run_stage("experiment_fit", main)

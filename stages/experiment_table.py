"""Write the page of the seven experiments: ``python -m stages.experiment_table``."""

from dataclasses import asdict
from pathlib import Path

from stages.experiment_fit import PARAMS
from stages.experiment_score import SCORES
from toonseg.console import run_stage
from toonseg.engines.base import TrainParams
from toonseg.experiments import EXPERIMENTS, ExperimentParams, results_page
from toonseg.params import load_params
from toonseg.store import read_json, write_bytes

PAGE = Path("experiments/RESULTS.md")


def main() -> str:
    """Gather the scores of all experiments in tables."""
    chosen = load_params("experiments", ExperimentParams, PARAMS)
    train = load_params("train", TrainParams)
    scores = {name: read_json(SCORES / f"{name}.json") for name in EXPERIMENTS}
    write_bytes(PAGE, results_page(scores, chosen, asdict(train)).encode())
    return f"{len(scores)} experiments in {PAGE}"


if __name__ == "__main__":
    run_stage("experiment_table", main)

"""Score one of the seven experiments: ``python -m stages.experiment_score NAME``."""

from pathlib import Path

from stages.evaluate import PANELS, TEST
from stages.experiment_fit import MODELS, PARAMS
from toonseg.console import run_stage
from toonseg.engines.spread import open_predictor
from toonseg.experiments import EXPERIMENTS, ExperimentParams, part_of, series_of
from toonseg.metrics.coco import EvaluateParams
from toonseg.metrics.tables import all_scores, report
from toonseg.params import load_params
from toonseg.store import read_json, write_json

SCORES = Path("experiments/scores")


def main(name: str) -> str:
    """Predict the test panels of the experiment's series by its model, and write the scores."""
    its = EXPERIMENTS[name]
    chosen = load_params("experiments", ExperimentParams, PARAMS)
    params = load_params("evaluate", EvaluateParams)
    truth = part_of(read_json(TEST), series_of(its.role, chosen), str(TEST))
    predictor = open_predictor(MODELS / its.fit, params.device, truth["categories"])
    results = predictor.predict(PANELS, truth["images"], params.score_floor)
    scored = report(truth, results, params.count_score)
    write_json(SCORES / f"{name}.json", all_scores(scored))
    ap = scored.scores["segm"].overall.ap
    return f"{len(truth['images'])} panels, masks AP {'-' if ap is None else format(ap, '.1f')}"


if __name__ == "__main__":
    run_stage("experiment_score", main)

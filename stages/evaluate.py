"""Predict the test set and score it: ``python -m stages.evaluate``."""

import time
from pathlib import Path

from toonseg.console import run_stage
from toonseg.engines.spread import open_predictor
from toonseg.errors import ToonsegError
from toonseg.metrics.coco import EvaluateParams
from toonseg.metrics.tables import headline, report, text
from toonseg.params import load_params
from toonseg.pictures.compare import comparison
from toonseg.pictures.palette import small_png
from toonseg.scores import write_report
from toonseg.store import read_json, write_bytes, write_json

TEST = Path("data/dataset/test.json")
PANELS = Path("data/panels")
MODEL = Path("data/model")
PREDICTIONS = Path("data/predictions/test.json")
METRICS = Path("metrics/evaluate.json")
PLOTS = Path("plots/evaluate")


def main() -> str:
    """Write the model's predictions, their scores, their curves, and a sheet of labels beside them."""
    params = load_params("evaluate", EvaluateParams)
    truth = read_json(TEST)
    if not truth["images"]:
        raise ToonsegError(f"{TEST} holds no panel to test on: lower split.train or label more panels")
    predictor = open_predictor(MODEL, params.device, truth["categories"])
    started_s = time.monotonic()
    results = predictor.predict(PANELS, truth["images"], params.score_floor)
    milliseconds = 1000 * (time.monotonic() - started_s) / len(truth["images"])
    scored = report(truth, results, params.count_score)
    its = scored.scores["segm"].overall
    if its.ap is None:
        raise ToonsegError(f"{TEST} holds no instance to find: lower split.train or label more panels")
    print(text(scored))
    write_json(PREDICTIONS, results)
    write_json(METRICS, headline(scored))
    write_report(PLOTS, scored)
    shown = comparison(truth, results, PANELS, params.sheet_panels, params.sheet_score)
    write_bytes(PLOTS / "predictions.png", small_png(shown))
    return (
        f"{len(truth['images'])} panels, {its.n} instances: masks AP {its.ap:.1f}, AP50 {its.ap50:.1f}, "
        f"AP75 {its.ap75:.1f}, {milliseconds:.0f} ms a panel"
    )


if __name__ == "__main__":
    run_stage("evaluate", main)

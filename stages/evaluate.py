"""Predict the test set and score it: ``python -m stages.evaluate``."""

from pathlib import Path

from toonseg.console import progress, run_stage
from toonseg.engines.base import load
from toonseg.errors import ToonsegError
from toonseg.metrics import (
    ClassBar,
    CurvePoint,
    EvaluateParams,
    as_metrics,
    class_bars,
    curve_points,
    score,
    table,
)
from toonseg.panels import read_pictures
from toonseg.params import load_params
from toonseg.pictures.compare import comparison
from toonseg.pictures.palette import small_png
from toonseg.store import read_json, write_bytes, write_json, write_table

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
    pictures = progress(read_pictures(PANELS, truth["images"]), "predict", "panel", len(truth["images"]))
    results = load(MODEL, params.device).predict(pictures, params.score_floor)
    masks, boxes = score(truth, results, "segm"), score(truth, results, "bbox")
    its = masks.overall
    if its.ap is None:
        raise ToonsegError(f"{TEST} holds no instance to find: lower split.train or label more panels")
    print(table(masks))
    write_json(PREDICTIONS, results)
    write_json(METRICS, as_metrics(truth, results, {"segm": masks, "bbox": boxes}))
    write_table(PLOTS / "precision_recall.csv", curve_points(masks), CurvePoint)
    write_table(PLOTS / "classes.csv", class_bars(masks), ClassBar)
    shown = comparison(truth, results, PANELS, params.sheet_panels, params.sheet_score)
    write_bytes(PLOTS / "predictions.png", small_png(shown))
    return (
        f"{len(truth['images'])} panels, {its.n} instances: masks AP {its.ap:.1f}, AP50 {its.ap50:.1f}, "
        f"AP75 {its.ap75:.1f}"
    )


if __name__ == "__main__":
    run_stage("evaluate", main)

"""Write chosen classes of chosen series in other programs' layouts: ``python -m stages.export``."""

from pathlib import Path

from toonseg.console import progress, run_stage
from toonseg.engines.base import load
from toonseg.export import LAYOUTS, check_choice, export_panels, summary
from toonseg.export.gather import (
    check_classes,
    check_labelled,
    class_names,
    gather,
    labels_by_panel,
    panel_pictures,
    predict_panels,
    series_panels,
)
from toonseg.export.instances import ExportParams
from toonseg.params import load_params
from toonseg.series import load_series
from toonseg.store import read_json

DATASET = Path("data/dataset")
PANELS = Path("data/panels")
MODEL = Path("data/model")
EXPORTS = Path("data/exports")


def main() -> str:
    """Bring labels and predictions of the chosen series together and write every chosen layout."""
    params = load_params("export", ExportParams)
    layouts = check_choice("layouts", params.layouts, LAYOUTS)
    series = check_choice("series", params.series, load_series())
    datasets = [read_json(DATASET / name) for name in ("train.json", "test.json")]
    classes = class_names(datasets)
    chosen = check_choice("classes", params.classes, classes.values())
    panels = [panel for name in series for panel in series_panels(PANELS, name)]
    labels, predictions = labels_by_panel(datasets, series), {}
    if params.source == "labels":
        check_labelled(labels, panels)
    else:
        predictor = load(MODEL, params.device)
        check_classes(predictor, classes)
        pictures = progress(panel_pictures(PANELS, panels), "predict", "panel", len(panels))
        predictions = predict_panels(predictor, pictures, panels, params.min_score)
    gathered = gather(PANELS, panels, labels, predictions, classes=classes, params=params)
    counts = export_panels(
        EXPORTS,
        progress(gathered, "export", "panel", len(panels)),
        {class_id: name for class_id, name in classes.items() if name in chosen},
        layouts,
    )
    return summary(counts, layouts)


if __name__ == "__main__":
    run_stage("export", main)

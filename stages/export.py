"""Write chosen series in other programs' layouts, and the report on all: ``python -m stages.export``."""

from pathlib import Path

from toonseg.console import run_stage
from toonseg.engines.spread import open_predictor
from toonseg.export.gather import (
    check_labelled,
    class_names,
    gather,
    labels_by_panel,
    panel_images,
    results_by_panel,
    series_panels,
    sides_by_panel,
)
from toonseg.export.instances import ExportJob, ExportParams, Side
from toonseg.export.layouts import LAYOUTS, WITH_PIXELS, check_choice, export_panels, summary
from toonseg.export.leave import said_of_leave, shelves
from toonseg.export.pages import shared_pages
from toonseg.params import load_params
from toonseg.report.build import ReportParams, build_report
from toonseg.series import load_series
from toonseg.store import read_json

DATASET = Path("data/dataset")
PAGES = Path("data/pages")
STRIPS = Path("data/strips")
PANELS = Path("data/panels")
MODEL = Path("data/model")
EXPORTS = Path("data/exports")
REPORT = Path("report")
SIDES: tuple[Side, ...] = ("train", "val", "test")


def main() -> str:
    """Bring labels and predictions of the chosen series together and write every chosen layout."""
    params = load_params("export", ExportParams)
    layouts = check_choice("layouts", params.layouts, LAYOUTS)
    declared = load_series()
    series = check_choice("series", params.series, declared)
    licences = {name: declared[name].licence for name in series}
    places = shelves(layouts, licences, WITH_PIXELS, params.pixels)
    datasets = {side: read_json(DATASET / f"{side}.json") for side in SIDES}
    classes = class_names([*datasets.values()])
    chosen = check_choice("classes", params.classes, classes.values())
    panels = [panel for name in series for panel in series_panels(PANELS, name)]
    labels, predictions = labels_by_panel([*datasets.values()], series), {}
    if params.source == "labels":
        check_labelled(labels, panels)
    else:
        predictor = open_predictor(MODEL, params.device, datasets["train"]["categories"])
        results = predictor.predict(PANELS, panel_images(panels), params.min_score)
        predictions = results_by_panel(results, panels)
    sides = sides_by_panel(datasets)
    gathered = gather(panels, labels, predictions, sides=sides, classes=classes, params=params)
    job = ExportJob(
        {class_id: name for class_id, name in classes.items() if name in chosen},
        lambda name: shared_pages(PAGES, STRIPS, name),
        params.masks_licence,
    )
    counts = export_panels(EXPORTS, PANELS, gathered, job, places)
    said = said_of_leave(layouts, licences, WITH_PIXELS, params.pixels)
    report = build_report(Path(), REPORT, load_params("report", ReportParams))
    return "; ".join(filter(None, [summary(counts, layouts), said, report]))


if __name__ == "__main__":
    run_stage("export", main)

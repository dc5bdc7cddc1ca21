"""Panels, labels and predictions brought together for an export."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from toonseg.errors import LabelError, ParamsError
from toonseg.export.instances import ExportPanel, ExportParams, Side, choose_instances
from toonseg.records import PANEL, Panel
from toonseg.store import read_table

Coco = Mapping[str, Any]
ByPanel = Mapping[str, Sequence[Coco]]  # annotations or results, by the panel's path


def series_panels(folder: Path, series: str) -> list[Panel]:
    """The panels of a series in the order of its table, without drawings of text.

    Raises ToonsegError when the table cannot be read or lists no panel.
    """
    panels = [panel for panel in read_table(folder / series / "panels.csv", Panel) if panel.kind == PANEL]
    if not panels:
        raise ParamsError(
            f"params.yaml, section 'export': series names '{series}', whose cut gave no panel: leave it out"
        )
    return panels


def class_names(datasets: Sequence[Coco]) -> dict[int, str]:
    """Class names by their ids, in the order of the ids. Raises LabelError when the datasets differ."""
    found = [{category["id"]: category["name"] for category in dataset["categories"]} for dataset in datasets]
    if any(names != found[0] for names in found):
        raise LabelError("data/dataset: its files list different classes: run `dvc repro split`")
    return dict(sorted(found[0].items()))


def labels_by_panel(datasets: Sequence[Coco], series: Sequence[str]) -> dict[str, list[Coco]]:
    """The annotations of every labelled panel of some series, by the panel's path; often an empty list."""
    labels: dict[str, list[Coco]] = {}
    for dataset in datasets:
        paths = {image["id"]: image["file_name"] for image in dataset["images"] if image["series"] in series}
        labels.update({path: [] for path in paths.values()})
        for annotation in dataset["annotations"]:
            if annotation["image_id"] in paths:
                labels[paths[annotation["image_id"]]].append(annotation)
    return labels


def sides_by_panel(datasets: Mapping[Side, Coco]) -> dict[str, Side]:
    """The side of the split of every labelled panel, by its path."""
    return {image["file_name"]: side for side, dataset in datasets.items() for image in dataset["images"]}


def check_labelled(labels: ByPanel, panels: Sequence[Panel]) -> None:
    """Raise ParamsError when labels are asked for of a series that has none."""
    labelled = {panel.series for panel in panels if panel.path in labels}
    for name in dict.fromkeys(panel.series for panel in panels):
        if name not in labelled:
            raise ParamsError(
                f"params.yaml, section 'export': source is labels, but '{name}' has none: "
                "set it to predictions or both, or leave the series out"
            )


def panel_images(panels: Sequence[Panel]) -> list[Coco]:
    """Panels as the images of a COCO file; each one's id is its place in the list."""
    return [
        {
            "id": number,
            "file_name": panel.path,
            "width": panel.x1 - panel.x0,
            "height": panel.y1 - panel.y0,
            "series": panel.series,
            "episode": panel.episode,
        }
        for number, panel in enumerate(panels)
    ]


def results_by_panel(results: Sequence[Coco], panels: Sequence[Panel]) -> dict[str, list[Coco]]:
    """The model's results on ``panel_images`` by the panel's path."""
    found: dict[str, list[Coco]] = defaultdict(list)
    for result in results:
        found[panels[result["image_id"]].path].append(result)
    return found


def gather(
    panels: Sequence[Panel],
    labels: ByPanel,
    predictions: ByPanel,
    *,
    sides: Mapping[str, Side],
    classes: Mapping[int, str],
    params: ExportParams,
) -> Iterator[ExportPanel]:
    """Each panel with the masks that are to be exported of it.

    A panel that nobody labelled is left out when only labels are asked for. Raises LabelError when masks are
    of another size than their panel.
    """
    for panel in panels:
        if params.source == "labels" and panel.path not in labels:
            continue
        size = (panel.y1 - panel.y0, panel.x1 - panel.x0)
        drawn, found = labels.get(panel.path, ()), predictions.get(panel.path, ())
        for mask in (annotation["segmentation"] for annotation in (*drawn, *found)):
            if tuple(mask["size"]) != size:
                raise LabelError(f"{panel.path}: its masks are of another cut: run `dvc repro`")
        instances = choose_instances(drawn, found, classes, params)
        yield ExportPanel(panel, instances, sides.get(panel.path, "unlabelled"))

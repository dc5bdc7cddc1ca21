"""Project the labels on the panels and split them: ``python -m stages.split``."""

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from toonseg.classes import load_classes
from toonseg.console import run_stage
from toonseg.formats.coco import dataset_document
from toonseg.formats.labelfile import read_label_folder
from toonseg.formats.lists import read_listing
from toonseg.labels.alike import Fingerprints, fingerprint
from toonseg.labels.dataset import ClassInstances, NearDuplicates, SeriesPanels, build_dataset
from toonseg.panels import read_panel
from toonseg.params import load_params
from toonseg.records import Panel, Placement
from toonseg.series import load_series, parse_episodes
from toonseg.splits import SplitParams
from toonseg.store import file_sha256, read_table, whole_folder, write_json, write_table

STRIPS = Path("data/strips")
PANELS = Path("data/panels")
LABELS = Path("data/labels")
DATASET = Path("data/dataset")
METRICS = Path("metrics/split.json")
PLOTS = Path("plots/split")


def main() -> str:
    """Write the datasets of train and test, their near-duplicates, and what was counted on the way."""
    params = load_params("split", SplitParams)
    classes = load_classes()
    series = load_series()
    forget_removed(series)
    strips = {
        name: strip_pages(name, {str(number) for number in parse_episodes(declared.episodes)})
        for name, declared in series.items()
    }
    regions, left_out = read_label_folder(LABELS, classes, strips)
    panels = [panel for name in series for panel in read_table(PANELS / name / "panels.csv", Panel)]
    listing = read_listing(LABELS / params.lists) if params.lists else None
    dataset = build_dataset(panels, regions, classes, params, fingerprints, listing)
    sides = {"train": dataset.train, "val": dataset.val, "test": dataset.test}
    with whole_folder(DATASET) as folder:
        write_table(folder / "near_duplicates.csv", dataset.near_duplicates, NearDuplicates)
        for side, shown in sides.items():
            digests = {item.panel.path: file_sha256(PANELS / item.panel.path) for item in shown}
            document = dataset_document(shown, classes, digests, f"toonseg {side}")
            write_json(folder / f"{side}.json", document)
    write_json(METRICS, dataset.counts)
    write_table(PLOTS / "classes.csv", dataset.classes, ClassInstances)
    write_table(PLOTS / "series.csv", dataset.series, SeriesPanels)
    validate = f"{len(dataset.val)} to validate, " if dataset.val else ""
    noted = f"; {', '.join(map(str, left_out))} left out: no such series in params.yaml" if left_out else ""
    adrift = dataset.counts["regions"]["unplaced"]
    if adrift:
        noted += f"; {adrift} labelled regions without an exact place left out: see `toonseg labels locate`"
    return f"{len(dataset.train)} panels to train, {validate}{len(dataset.test)} to test{noted}"


def fingerprints(panels: Sequence[Panel]) -> Fingerprints:
    """The fingerprints of panels' pictures, a row each."""
    return np.array(
        [
            fingerprint(read_panel(PANELS, panel.path, panel.x1 - panel.x0, panel.y1 - panel.y0)[1])
            for panel in panels
        ]
    )


def strip_pages(series: str, episodes: Collection[str]) -> dict[str, list[Placement]]:
    """The pages of the strips of a series' declared episodes."""
    pages: dict[str, list[Placement]] = {}
    for page in read_table(STRIPS / f"{series}.csv", Placement):
        if page.episode in episodes:
            pages.setdefault(page.episode, []).append(page)
    return pages


def forget_removed(series: Collection[str]) -> None:
    """Delete panels and strips of series that params.yaml no longer declares.

    DVC hashes the folders data/panels and data/strips as a whole. What a removed series left there
    would give this machine other hashes than a fresh clone computes, and no stage owns it any more.
    """
    for table in PANELS.glob("*/panels.csv"):
        if table.parent.name not in series:
            # Renamed first: a folder half deleted would have lost the table that tells what it is.
            shutil.rmtree(table.parent.replace(PANELS / f".{table.parent.name}.partial"))
    for aside in PANELS.glob(".*.partial"):
        shutil.rmtree(aside)
    for table in STRIPS.glob("*.csv"):
        if table.stem not in series:
            table.unlink()


if __name__ == "__main__":
    run_stage("split", main)

"""`toonseg labels export`: a series' labels, with their pictures, for a labelling tool."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from toonseg.errors import LabelError, ToonsegError
from toonseg.formats.registry import FORMATS
from toonseg.geometry import Rle, box_area, covered_area
from toonseg.images import Picture, encode
from toonseg.labelling.project import Project
from toonseg.labels.names import ClassNames, region_keys
from toonseg.labels.regions import Instance, LabelledRegion, Origin
from toonseg.panels import read_panel
from toonseg.records import PANEL, Panel
from toonseg.store import read_table, whole_folder, write_bytes
from toonseg.strip import Strip

IMAGES = "images"
_MOSTLY = 0.5  # of a panel: more of it in labelled regions, and a person has seen it


@dataclass(frozen=True)
class Prelabelling:
    """A model whose predictions are added, and the least score (0 to 1) of those."""

    model: Path
    min_score: float


def export_labels(
    project: Project,
    series: str,
    format_name: str,
    out: Path,
    *,
    episodes: Collection[str] = (),
    pictures: bool = True,
    prelabelling: Prelabelling | None = None,
) -> str:
    """Write a series' labels to the new folder ``out`` as a format; gives a summary line.

    ``episodes`` limits them (none: all). With ``pictures``, each placed region whose pages are there gets
    its picture in ``images/``. With ``prelabelling``, panels that nobody has labelled go along, with what
    a model finds there. Raises LabelError when ``out`` holds something already.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise LabelError(f"{out}: is no empty folder: name a new one")
    names = project.classes()
    labels = project.read_or_empty(series) if prelabelling else project.read(series)
    regions = [region for region in labels.regions if not episodes or region.episode in episodes]
    predicted: list[LabelledRegion] = []
    if prelabelling:
        predicted = predict_unlabelled(project, series, regions, names, prelabelling, episodes)
    everything = [*regions, *predicted]
    keyed = list(zip(region_keys(everything), everything, strict=True))
    drawn = 0
    with whole_folder(out) as aside:
        FORMATS[format_name].write(aside, keyed, names.classes)
        if pictures:
            for key, picture in region_pictures(project, keyed):
                write_bytes(aside / IMAGES / f"{key}.png", encode(picture, "png", 100))
                drawn += 1
    added = f", {len(predicted)} of them with predictions" if prelabelling else ""
    without = f"; {len(keyed) - drawn} without a picture" if drawn < len(keyed) else ""
    instances = sum(len(region.instances) for region in everything)
    return f"{out}: {len(keyed)} regions{added}, {instances} instances as {format_name}{without}"


def region_pictures(
    project: Project, keyed: Sequence[tuple[str, LabelledRegion]]
) -> Iterator[tuple[str, Picture]]:
    """Key and picture, in its region's size, of each placed region whose pages are on this machine."""
    strip: Strip | None = None
    opened: tuple[str, str] | None = None
    for key, region in keyed:
        if not region.placed:
            continue
        if opened != (region.series, region.episode):
            opened, strip = (region.series, region.episode), None
            with suppress(ToonsegError):
                strip = project.strip(region.series, region.episode)
        if strip is not None and region.box[3] <= strip.height:
            yield key, region_picture(strip, region)


def region_picture(strip: Strip, region: LabelledRegion) -> Picture:
    """The picture of a placed region: RGB (height, width, 3); it is white where it leaves the strip."""
    x0, y0, x1, y1 = region.box
    rows = strip.rows(y0, min(y1, strip.height))[:, x0:x1]
    missing = [(0, y1 - y0 - rows.shape[0]), (0, x1 - x0 - rows.shape[1]), (0, 0)]
    whole = np.pad(rows, missing, constant_values=255) if missing[0][1] or missing[1][1] else rows
    if whole.shape[:2] == (region.height, region.width):
        return whole
    method = cv2.INTER_AREA if region.scale > 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(whole, (region.width, region.height), interpolation=method), np.uint8)


def predict_unlabelled(
    project: Project,
    series: str,
    regions: Sequence[LabelledRegion],
    names: ClassNames,
    prelabelling: Prelabelling,
    episodes: Collection[str],
) -> list[LabelledRegion]:
    """A region for each panel that is not mostly labelled, with what the model finds in it."""
    from toonseg.engines.base import load

    panels = [
        panel
        for panel in read_table(project.panels / series / "panels.csv", Panel)
        if panel.kind == PANEL and (not episodes or panel.episode in episodes) and not _seen(panel, regions)
    ]
    if not panels:
        raise LabelError(f"every panel of {series} is labelled: there is nothing to predict")
    predictor = load(prelabelling.model, "auto")
    classes = [names.find(name, str(prelabelling.model)) for name in predictor.classes]
    pictures = (
        (number, read_panel(project.panels, panel.path, panel.x1 - panel.x0, panel.y1 - panel.y0)[1])
        for number, panel in enumerate(panels)
    )
    found: list[list[Instance]] = [[] for _ in panels]
    for result in predictor.predict(pictures, prelabelling.min_score):
        instances = found[result["image_id"]]
        origin = Origin(prelabelling.model.name, f"{result['score']:.3f}")
        rle = cast(Rle, result["segmentation"])
        instances.append(Instance(0, classes[result["category_id"] - 1], rle, origin=origin))
    return [
        LabelledRegion(
            0,
            series,
            panel.episode,
            panel.x0,
            panel.y0,
            panel.x1 - panel.x0,
            panel.y1 - panel.y0,
            panel.path,
            tuple(instances),
        )
        for panel, instances in zip(panels, found, strict=True)
    ]


def _seen(panel: Panel, regions: Sequence[LabelledRegion]) -> bool:
    box = panel.x0, panel.y0, panel.x1, panel.y1
    near = [region.box for region in regions if region.placed and region.episode == panel.episode]
    return covered_area(box, near) > _MOSTLY * box_area(box)

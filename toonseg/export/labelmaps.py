"""Layout ``labelmaps``: per panel, a picture of class ids and one of instance numbers.

    labelmaps/
      palette.json                         id, name and colour of each class; 0 is the background
      instances.csv                        what each number of an instance map is: ``MapRow``
      classes/SERIES/EPISODE/Y0-X0.png     palette PNG of the panel's size, its values class ids
      instances/SERIES/EPISODE/Y0-X0.png   16-bit grey PNG of the panel's size, its values instances

A class has the same id and colour in every export. A panel's instances count from 1, the most trusted
first. Where masks overlap, the most trusted is on top: labels over predictions, smaller labels over larger
ones, likelier predictions over less likely ones. Pillow and MMSegmentation read both; OpenCV turns a palette
into colours, and reads instances alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.errors import ToonsegError
from toonseg.export.index import TableLayout
from toonseg.export.instances import Drawn, ExportJob, ExportPanel, OpenPanel
from toonseg.pictures.palette import BACKGROUND, RGB, indexed_png, label_palette
from toonseg.store import write_json

MOST_CLASSES = 255


@dataclass(frozen=True)
class MapRow:
    """An instance: ``value`` stands for it in the map ``file``; ``visible`` of its ``area`` pixels do."""

    file: str
    value: int
    class_id: int
    name: str
    source: str
    score: float
    area: int
    visible: int


class LabelMaps(TableLayout):
    """Writes the maps of panels, the palette, and the list of instances."""

    holds_pixels = False
    table, row = "instances.csv", MapRow

    def __init__(self, folder: Path, job: ExportJob) -> None:
        super().__init__(folder, job)
        if max(job.classes) > MOST_CLASSES:
            raise ToonsegError(
                f"a label map holds {MOST_CLASSES} classes, got {max(job.classes)}: "
                "take labelmaps out of export.layouts in params.yaml"
            )
        write_palette(folder / "palette.json", job.classes)

    def name(self, panel: ExportPanel) -> str:
        """The path that the panel has in its project, as PNG."""
        return Path(panel.panel.path).with_suffix(".png").as_posix()

    @staticmethod
    def draw(panel: OpenPanel, name: str, classes: Mapping[int, str]) -> Drawn:
        """The panel's maps, and a row for each instance."""
        numbers = instance_map(panel)
        _, data = cv2.imencode(".png", numbers)
        files = {
            f"classes/{name}": indexed_png(class_map(panel), label_palette(max(classes))),
            f"instances/{name}": data.tobytes(),
        }
        rows = []
        for value, its in enumerate(panel.instances, start=1):
            x0, y0, x1, y1 = its.box
            visible = int(np.count_nonzero(numbers[y0:y1, x0:x1] == value))
            row = MapRow(name, value, its.class_id, its.name, its.source, its.score, its.area, visible)
            rows.append(row)
        return Drawn(files, rows)


def instance_map(panel: ExportPanel) -> NDArray[np.uint16]:
    """Numbers of instances (h, w) from 1 on, 0 where nothing is; the most trusted is on top."""
    return _painted(panel, list(range(1, len(panel.instances) + 1)), np.uint16)


def class_map(panel: ExportPanel) -> NDArray[np.uint8]:
    """Class ids (h, w), 0 where nothing is; the most trusted is on top."""
    return _painted(panel, [instance.class_id for instance in panel.instances], np.uint8)


def _painted(panel: ExportPanel, values: Sequence[int], kind: Any) -> NDArray[Any]:
    """A map of one value an instance: painted from the least trusted to the most."""
    painted = np.zeros((panel.height, panel.width), kind)
    for instance, value in reversed(list(zip(panel.instances, values, strict=True))):
        x0, y0, x1, y1 = instance.box
        np.copyto(painted[y0:y1, x0:x1], value, where=instance.cut)
    return painted


def write_palette(path: Path, classes: dict[int, str], background: RGB = BACKGROUND) -> None:
    """Write id, name and colour (RGB, 0 to 255) of the background and of each class."""
    colours = [background, *label_palette(max(classes))[1:]]
    names = {0: "background", **classes}
    write_json(path, [{"id": id_, "name": name, "rgb": list(colours[id_])} for id_, name in names.items()])

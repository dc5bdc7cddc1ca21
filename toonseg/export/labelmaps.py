"""Layout ``labelmaps``: per panel, a palette picture whose pixels are class ids.

    labelmaps/
      palette.json                     value, name and colour of each class
      SERIES/EPISODE/Y0-X0.png         palette PNG of the panel's size; 0 is the background

A class has the same value and colour in every export. Where masks overlap, the most trusted is on
top: labels over predictions, smaller labels over larger ones, likelier predictions over less likely
ones.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toonseg.errors import ToonsegError
from toonseg.export.instances import ExportPanel
from toonseg.geometry import decode_rle
from toonseg.pictures.palette import indexed_png, label_palette
from toonseg.store import write_json

MOST_CLASSES = 255


class LabelMaps:
    """Writes the label map of one panel after another, and the palette."""

    def __init__(self, folder: Path, classes: dict[int, str]) -> None:
        if max(classes) > MOST_CLASSES:
            raise ToonsegError(
                f"a label map holds {MOST_CLASSES} classes, got {max(classes)}: "
                "take labelmaps out of export.layouts in params.yaml"
            )
        self._folder = folder
        self._palette = label_palette(max(classes))
        names = {0: "background", **classes}
        entries = [
            {"id": value, "name": name, "rgb": list(self._palette[value])} for value, name in names.items()
        ]
        write_json(folder / "palette.json", entries)

    def add(self, panel: ExportPanel) -> None:
        """Write a panel's map."""
        path = self._folder / panel.panel.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(indexed_png(label_map(panel), self._palette))

    def close(self) -> None:
        """Everything is written already."""


def label_map(panel: ExportPanel) -> NDArray[np.uint8]:
    """Class ids (h, w), 0 where nothing is: painted from the least trusted instance to the most."""
    values = np.zeros(panel.picture.shape[:2], np.uint8)
    for instance in reversed(panel.instances):
        values[decode_rle(instance.rle)] = instance.class_id
    return values

"""Layout ``cutouts``: each mask's pixels alone, as the "only hair" and "only shirts" of 2021.

    cutouts/
      index.csv                                  a row per cut-out: ``CutoutRow``
      CLASS/SERIES_EPISODE_Y0-X0_K.png           RGBA, cropped to the mask's box

K counts a panel's cut-outs from 1, the most trusted first. Alpha is 255 on the mask and 0 elsewhere,
where the colour is black: nothing of the picture hides under it.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toonseg.export.instances import ExportInstance, ExportPanel
from toonseg.geometry import decode_rle
from toonseg.images import Picture, encode
from toonseg.store import write_table

_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')  # on one of the usual file systems


@dataclass(frozen=True)
class CutoutRow:
    """A cut-out's file and where it comes from; its box is in the panel's pixels."""

    file: str
    name: str
    series: str
    episode: str
    panel: str
    source: str
    score: float
    x0: int
    y0: int
    x1: int
    y1: int
    area: int


class Cutouts:
    """Writes the cut-outs of one panel after another, then their index."""

    def __init__(self, folder: Path, classes: dict[int, str]) -> None:
        self._folder = folder
        self._rows: list[CutoutRow] = []
        self._taken: set[str] = set()
        for name in classes.values():
            (folder / file_name(name)).mkdir(parents=True, exist_ok=True)

    def add(self, panel: ExportPanel) -> None:
        """Write a file per instance."""
        for number, instance in enumerate(panel.instances, start=1):
            file = self._file(panel, instance, number)
            (self._folder / file).write_bytes(encode(cut_out(panel.picture, instance), "png", 100))
            self._rows.append(_row(file, panel, instance))

    def close(self) -> None:
        """Write the index."""
        write_table(self._folder / "index.csv", self._rows, CutoutRow)

    def _file(self, panel: ExportPanel, instance: ExportInstance, number: int) -> str:
        """A file's name; K goes on counting where two names would be the same (series a_b, episode c)."""
        which = panel.panel
        stem = file_name(f"{which.series}_{which.episode}_{which.y0:06d}-{which.x0:04d}")
        while (file := f"{file_name(instance.name)}/{stem}_{number}.png") in self._taken:
            number += 1
        self._taken.add(file)
        return file


def cut_out(picture: Picture, instance: ExportInstance) -> Picture:
    """The instance's pixels as RGBA (h, w, 4) of the size of its box; all else is 0."""
    x0, y0, x1, y1 = instance.box
    alpha = np.where(decode_rle(instance.rle)[y0:y1, x0:x1, None], np.uint8(255), np.uint8(0))
    return np.concatenate([picture[y0:y1, x0:x1] & alpha, alpha], axis=2)


def file_name(text: str) -> str:
    """The text with an underscore for what file names cannot hold; letters of any script stay.

    >>> file_name("교복/셔츠: 1")
    '교복_셔츠_ 1'
    """
    return _NOT_IN_NAMES.sub("_", text).strip(". ") or "_"


def _row(file: str, panel: ExportPanel, instance: ExportInstance) -> CutoutRow:
    which = panel.panel
    return CutoutRow(
        file,
        instance.name,
        which.series,
        which.episode,
        which.id,
        instance.source,
        instance.score,
        *instance.box,
        instance.area,
    )

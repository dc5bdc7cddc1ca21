"""Layout ``cutouts``: each mask's pixels alone, as the "only hair" and "only shirts" of 2021.

    cutouts/
      index.csv                                  a row per cut-out: ``CutoutRow``
      CLASS/SERIES_EPISODE_Y0-X0_K.png           RGBA, cropped to the mask's box

K counts a panel's cut-outs from 1, the most trusted first. Alpha is 255 on the mask and 0 elsewhere,
where the colour is black: nothing of the picture hides under it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from toonseg.export.index import TableLayout
from toonseg.export.instances import Drawn, ExportInstance, ExportPanel, OpenPanel
from toonseg.export.names import file_name
from toonseg.images import Picture, encode


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


class Cutouts(TableLayout):
    """Writes the cut-outs of panels, and their index."""

    row = CutoutRow

    @staticmethod
    def draw(panel: OpenPanel, name: str, _: Mapping[int, str]) -> Drawn:
        """A file and a row for each instance."""
        files, rows = {}, []
        for number, instance in enumerate(panel.instances, start=1):
            file = f"{file_name(instance.name)}/{name}_{number}.png"
            files[file] = encode(cut_out(panel.picture, instance), "png", 100)
            rows.append(_row(file, panel, instance))
        return Drawn(files, rows)


def cut_out(picture: Picture, instance: ExportInstance) -> Picture:
    """The instance's pixels as RGBA (h, w, 4) of the size of its box; all else is 0."""
    x0, y0, x1, y1 = instance.box
    opaque = cv2.cvtColor(picture[y0:y1, x0:x1], cv2.COLOR_RGB2RGBA)
    return np.asarray(cv2.copyTo(opaque, instance.cut.view(np.uint8)), np.uint8)


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

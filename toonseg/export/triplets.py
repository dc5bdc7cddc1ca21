"""Layout ``triplets``: line drawing, flat segmentation and colour of each panel.

    triplets/
      line/NAME.png        8-bit grey, 0 on a line and 255 elsewhere
      segment/NAME.png     RGB: each class in its flat colour, white where none is
      color/NAME.png       the panel
      palette.json         the classes' colours
      index.csv            the panel that each NAME is: ``IndexRow``

The three of a name make the sample that Seg2pix trains on (Seo and Seo, "Seg2pix: Few Shot Training Line Art
Colorization with Segmented Image Data", 2021). Where masks overlap, the most trusted is on top, as in
label maps. The lines: ``toonseg.export.lines``, of the middle width.
"""

from pathlib import Path

import numpy as np

from toonseg.export.index import IndexRow, index_row
from toonseg.export.instances import ExportJob, ExportPanel
from toonseg.export.labelmaps import class_map, write_palette
from toonseg.export.lines import SIGMAS_PX, line_drawing
from toonseg.export.names import Stems
from toonseg.images import Picture, encode
from toonseg.pictures.palette import PAPER, label_palette
from toonseg.store import write_table


class Triplets:
    """Writes the three pictures of one panel after another, then their index."""

    holds_pixels = True

    def __init__(self, folder: Path, job: ExportJob) -> None:
        self._folder = folder
        self._rows: list[IndexRow] = []
        self._stems = Stems()
        self._colours = np.array([PAPER, *label_palette(max(job.classes))[1:]], np.uint8)
        for name in ("line", "segment", "color"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        write_palette(folder / "palette.json", job.classes, PAPER)

    def add(self, panel: ExportPanel) -> None:
        """Write a panel's three pictures."""
        name = f"{self._stems.of(panel.panel)}.png"
        lines = line_drawing(panel.picture, SIGMAS_PX[1])
        (self._folder / "line" / name).write_bytes(encode(lines, "png", 100))
        (self._folder / "segment" / name).write_bytes(encode(self._flat(panel), "png", 100))
        (self._folder / "color" / name).write_bytes(panel.png)
        self._rows.append(index_row(name, panel))

    def close(self) -> None:
        """Write the index."""
        write_table(self._folder / "index.csv", self._rows, IndexRow)

    def _flat(self, panel: ExportPanel) -> Picture:
        return self._colours[class_map(panel)]

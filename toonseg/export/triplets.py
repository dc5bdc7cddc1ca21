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

from toonseg.export.index import PictureFolders
from toonseg.export.instances import ExportJob, ExportPanel
from toonseg.export.labelmaps import class_map, write_palette
from toonseg.export.lines import SIGMAS_PX, line_drawing
from toonseg.images import encode
from toonseg.pictures.palette import PAPER, label_palette


class Triplets(PictureFolders):
    """Writes the three pictures of one panel after another, then their index."""

    folders = ("line", "segment", "color")

    def __init__(self, folder: Path, job: ExportJob) -> None:
        super().__init__(folder, job)
        self._colours = np.array([PAPER, *label_palette(max(job.classes))[1:]], np.uint8)
        write_palette(folder / "palette.json", job.classes, PAPER)

    def add(self, panel: ExportPanel) -> None:
        """Write a panel's three pictures."""
        lines = encode(line_drawing(panel.picture, SIGMAS_PX[1]), "png", 100)
        flat = encode(self._colours[class_map(panel)], "png", 100)
        self.write(panel, {"line": lines, "segment": flat, "color": panel.png})

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

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from toonseg.export.index import TableLayout, index_row
from toonseg.export.instances import Drawn, ExportJob, OpenPanel
from toonseg.export.labelmaps import class_map, write_palette
from toonseg.export.lines import SIGMAS_PX, line_drawing
from toonseg.images import encode
from toonseg.pictures.palette import PAPER, label_palette


class Triplets(TableLayout):
    """Writes three pictures of each panel, and their index."""

    def __init__(self, folder: Path, job: ExportJob) -> None:
        super().__init__(folder, job)
        write_palette(folder / "palette.json", job.classes, PAPER)

    @staticmethod
    def draw(panel: OpenPanel, name: str, classes: Mapping[int, str]) -> Drawn:
        """The panel's lines, its classes in flat colours, and the panel."""
        file = f"{name}.png"
        colours = np.array([PAPER, *label_palette(max(classes))[1:]], np.uint8)
        lines = encode(line_drawing(panel.picture, SIGMAS_PX[1]), "png", 100)
        flat = encode(colours[class_map(panel)], "png", 100)
        files = {f"line/{file}": lines, f"segment/{file}": flat, f"color/{file}": panel.png}
        return Drawn(files, [index_row(file, panel)])

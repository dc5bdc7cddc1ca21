"""Layout ``paired``: panels in colour beside line drawings of them in three line widths.

    paired/
      color/NAME.png       the panel
      0/NAME.png           its lines, 8-bit grey, 0 on a line and 255 elsewhere; 1/ and 2/ are wider
      index.csv            the panel that each NAME is: ``IndexRow``

AlacGAN reads it as its ``train_root``: it picks one of 0, 1 and 2 for each picture of color/, and crops 512
pixels, so smaller panels must be left out there. manga-colorization's ``create_sketches_dataset`` reads
color/ and makes line drawings of its own. The lines: ``toonseg.export.lines``.
"""

from collections.abc import Mapping

from toonseg.export.index import TableLayout, index_row
from toonseg.export.instances import Drawn, OpenPanel
from toonseg.export.lines import SIGMAS_PX, line_drawing
from toonseg.images import encode


class Paired(TableLayout):
    """Writes the pictures of panels, and their index."""

    @staticmethod
    def draw(panel: OpenPanel, name: str, _: Mapping[int, str]) -> Drawn:
        """The panel and its lines."""
        file = f"{name}.png"
        lines = {
            f"{number}/{file}": encode(line_drawing(panel.picture, sigma_px), "png", 100)
            for number, sigma_px in enumerate(SIGMAS_PX)
        }
        return Drawn({f"color/{file}": panel.png, **lines}, [index_row(file, panel)])

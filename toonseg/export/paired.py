"""Layout ``paired``: panels in colour beside line drawings of them in three line widths.

    paired/
      color/NAME.png       the panel
      0/NAME.png           its lines, 8-bit grey, 0 on a line and 255 elsewhere; 1/ and 2/ are wider
      index.csv            the panel that each NAME is: ``IndexRow``

AlacGAN reads it as its ``train_root``: it picks one of 0, 1 and 2 for each picture of color/, and crops 512
pixels, so smaller panels must be left out there. manga-colorization's ``create_sketches_dataset`` reads
color/ and makes line drawings of its own. The lines: ``toonseg.export.lines``.
"""

from toonseg.export.index import PictureFolders
from toonseg.export.instances import ExportPanel
from toonseg.export.lines import SIGMAS_PX, line_drawing
from toonseg.images import encode


class Paired(PictureFolders):
    """Writes the pictures of one panel after another, then their index."""

    folders = ("color", *map(str, range(len(SIGMAS_PX))))

    def add(self, panel: ExportPanel) -> None:
        """Write a panel and its lines."""
        lines = [encode(line_drawing(panel.picture, sigma_px), "png", 100) for sigma_px in SIGMAS_PX]
        self.write(panel, dict(zip(self.folders, [panel.png, *lines], strict=True)))

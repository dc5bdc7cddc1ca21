"""Layout ``paired``: panels in colour beside line drawings of them in three line widths.

    paired/
      color/NAME.png       the panel
      0/NAME.png           its lines, 8-bit grey, 0 on a line and 255 elsewhere; 1/ and 2/ are wider
      index.csv            the panel that each NAME is: ``IndexRow``

AlacGAN reads it as its ``train_root``: it picks one of 0, 1 and 2 for each picture of color/, and crops 512
pixels, so smaller panels must be left out there. manga-colorization's ``create_sketches_dataset`` reads
color/ and makes line drawings of its own. The lines: ``toonseg.export.lines``.
"""

from pathlib import Path

from toonseg.export.index import IndexRow, index_row
from toonseg.export.instances import ExportJob, ExportPanel
from toonseg.export.lines import SIGMAS_PX, line_drawing
from toonseg.export.names import Stems
from toonseg.images import encode
from toonseg.store import write_table


class Paired:
    """Writes the pictures of one panel after another, then their index."""

    holds_pixels = True

    def __init__(self, folder: Path, job: ExportJob) -> None:
        self._folder = folder
        self._rows: list[IndexRow] = []
        self._stems = Stems()
        for name in ("color", *map(str, range(len(SIGMAS_PX)))):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def add(self, panel: ExportPanel) -> None:
        """Write a panel and its lines."""
        name = f"{self._stems.of(panel.panel)}.png"
        (self._folder / "color" / name).write_bytes(panel.png)
        for number, sigma_px in enumerate(SIGMAS_PX):
            lines = encode(line_drawing(panel.picture, sigma_px), "png", 100)
            (self._folder / str(number) / name).write_bytes(lines)
        self._rows.append(index_row(name, panel))

    def close(self) -> None:
        """Write the index."""
        write_table(self._folder / "index.csv", self._rows, IndexRow)

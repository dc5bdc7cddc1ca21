"""Layout ``matting``: panels, their foreground's mask, and their foreground alone.

    matting/
      imgs/NAME.png        the panel
      masks/NAME.png       8-bit grey: 255 on any mask, 0 elsewhere
      fg/NAME.png          RGBA of the panel's size: its colours on any mask, transparent black elsewhere
      index.csv            the panel that each NAME is: ``IndexRow``

anime-segmentation reads it with ``--img-ext .png --mask-ext .png``; the backgrounds (bg/) that it mixes with
are yours to add. The foreground is the union of the chosen classes. Panels without a mask are left out: its
generator takes the middle of each foreground.
"""

from pathlib import Path

import numpy as np

from toonseg.export.index import IndexRow, index_row
from toonseg.export.instances import ExportJob, ExportPanel
from toonseg.export.labelmaps import instance_map
from toonseg.export.names import Stems
from toonseg.images import encode
from toonseg.store import write_table


class Matting:
    """Writes the three pictures of one panel after another, then their index."""

    holds_pixels = True

    def __init__(self, folder: Path, job: ExportJob) -> None:
        self._folder = folder
        self._rows: list[IndexRow] = []
        self._stems = Stems()
        for name in ("imgs", "masks", "fg"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def add(self, panel: ExportPanel) -> None:
        """Write a panel's three pictures, if it has a mask."""
        if not panel.instances:
            return
        name = f"{self._stems.of(panel.panel)}.png"
        alpha = np.where(instance_map(panel) > 0, np.uint8(255), np.uint8(0))
        alone = np.dstack([panel.picture & alpha[..., None], alpha])
        (self._folder / "imgs" / name).write_bytes(panel.png)
        (self._folder / "masks" / name).write_bytes(encode(alpha, "png", 100))
        (self._folder / "fg" / name).write_bytes(encode(alone, "png", 100))
        self._rows.append(index_row(name, panel))

    def close(self) -> None:
        """Write the index."""
        write_table(self._folder / "index.csv", self._rows, IndexRow)

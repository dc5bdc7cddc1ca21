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

import numpy as np

from toonseg.export.index import PictureFolders
from toonseg.export.instances import ExportPanel
from toonseg.export.labelmaps import instance_map
from toonseg.images import encode


class Matting(PictureFolders):
    """Writes the three pictures of one panel after another, then their index."""

    folders = ("imgs", "masks", "fg")

    def add(self, panel: ExportPanel) -> None:
        """Write a panel's three pictures, if it has a mask."""
        if not panel.instances:
            return
        alpha = np.where(instance_map(panel) > 0, np.uint8(255), np.uint8(0))
        alone = np.dstack([panel.picture & alpha[..., None], alpha])
        masks, foreground = (encode(picture, "png", 100) for picture in (alpha, alone))
        self.write(panel, {"imgs": panel.png, "masks": masks, "fg": foreground})

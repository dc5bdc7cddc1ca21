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

from collections.abc import Mapping

import numpy as np

from toonseg.export.index import TableLayout, index_row
from toonseg.export.instances import Drawn, ExportPanel, OpenPanel
from toonseg.export.labelmaps import instance_map
from toonseg.images import encode


class Matting(TableLayout):
    """Writes three pictures of each panel that has a mask, and their index."""

    def name(self, panel: ExportPanel) -> str | None:
        """The panel's stem; none for a panel without a mask, which is left out."""
        return super().name(panel) if panel.instances else None

    @staticmethod
    def draw(panel: OpenPanel, name: str, _: Mapping[int, str]) -> Drawn:
        """The panel, its foreground's mask, and its foreground."""
        file = f"{name}.png"
        alpha = np.where(instance_map(panel) > 0, np.uint8(255), np.uint8(0))
        alone = np.dstack([panel.picture & alpha[..., None], alpha])
        masks, foreground = (encode(picture, "png", 100) for picture in (alpha, alone))
        files = {f"imgs/{file}": panel.png, f"masks/{file}": masks, f"fg/{file}": foreground}
        return Drawn(files, [index_row(file, panel)])

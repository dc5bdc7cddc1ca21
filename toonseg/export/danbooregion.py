"""Layout ``danbooregion``: panels and their regions, each region in a colour of its own.

    danbooregion/
      ID.image.png         the panel; ID counts from 0 without a gap
      ID.region.png        RGB of the panel's size: one colour a mask, black where none is
      index.csv            the panel that each ID is: ``IndexRow``

The files that DanbooRegion's ``skeletonize_all.py`` and ``visualize.py`` read (Zhang, Ji and Liu,
"DanbooRegion: An Illustration Region Dataset", 2020): a region is what has one colour, whichever. A panel's
K-th mask, the most trusted first, has the same colour in every panel; where masks overlap, the most trusted
is on top.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toonseg.export.index import TableLayout, index_row
from toonseg.export.instances import Drawn, ExportJob, ExportPanel, OpenPanel
from toonseg.export.labelmaps import instance_map
from toonseg.images import Picture, encode

# Odd, so that different numbers below 2**24 have different multiples modulo 2**24; near the golden section
# of 2**24, so that neighbouring numbers have unlike ones (Knuth, The Art of Computer Programming 6.4).
_SPREAD = 10368889
_COLOURS = 1 << 24


class DanbooRegion(TableLayout):
    """Writes two pictures of each panel, and their index."""

    def __init__(self, folder: Path, job: ExportJob) -> None:
        super().__init__(folder, job)
        self._named = 0

    def name(self, _: ExportPanel) -> str:
        """The panel's number."""
        self._named += 1
        return str(self._named - 1)

    @staticmethod
    def draw(panel: OpenPanel, name: str, _: Mapping[int, str]) -> Drawn:
        """The panel and its regions."""
        regions = encode(region_colours(instance_map(panel)), "png", 100)
        files = {f"{name}.image.png": panel.png, f"{name}.region.png": regions}
        return Drawn(files, [index_row(name, panel)])


def region_colours(numbers: NDArray[np.uint16]) -> Picture:
    """A map of regions' numbers (h, w) as RGB (h, w, 3): 0 is black, each number has its own colour.

    >>> region_colours(np.array([[0, 1, 2]], np.uint16)).tolist()
    [[[0, 0, 0], [158, 55, 121], [60, 110, 242]]]
    """
    mixed = numbers.astype(np.int64) * _SPREAD % _COLOURS
    return np.stack([mixed >> 16, mixed >> 8 & 255, mixed & 255], axis=-1).astype(np.uint8)

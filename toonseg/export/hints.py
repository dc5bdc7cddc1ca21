"""Layout ``hints``: where a colorizer is told which colour.

    hints/
      hints.csv            a row per mask: its point and its colour, ``HintRow``
      regions/NAME.png     RGBA of the panel's size: each mask filled with its colour, transparent elsewhere
      points/NAME.png      RGBA of the panel's size: a dot of its colour in each mask, transparent elsewhere

A mask's colour is the median of its pixels, channel by channel; its point is the one furthest from its
outline, so it lies inside whatever the shape. Opaque pixels are hints: manga-colorization takes such RGBA
files beside a page. Where masks overlap, the most trusted is on top, as in label maps.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.export.index import TableLayout
from toonseg.export.instances import Drawn, ExportInstance, ExportPanel, OpenPanel
from toonseg.export.labelmaps import instance_map
from toonseg.geometry import Mask
from toonseg.images import encode

DOT_PX = 3  # radius


@dataclass(frozen=True)
class HintRow:
    """A mask's colour (0 to 255) and its point, in the panel's pixels."""

    name: str
    panel: str
    class_id: int
    class_name: str
    source: str
    score: float
    area: int
    x: int
    y: int
    red: int
    green: int
    blue: int


class Hints(TableLayout):
    """Writes two pictures of each panel, and the table of its hints."""

    table, row = "hints.csv", HintRow

    @staticmethod
    def draw(panel: OpenPanel, name: str, _: Mapping[int, str]) -> Drawn:
        """The panel's hints as two pictures, and a row for each."""
        file = f"{name}.png"
        numbers = instance_map(panel)
        dots = np.zeros_like(numbers)
        colours = [(0, 0, 0, 0)]
        rows = []
        for number, instance in enumerate(panel.instances, start=1):
            x0, y0, x1, y1 = instance.box
            red, green, blue = median_colour(panel.picture[y0:y1, x0:x1][instance.cut])
            x, y = inner_point(instance.cut)
            x, y = x + x0, y + y0
            colours.append((red, green, blue, 255))
            rows.append(_row(file, panel, instance, (x, y), (red, green, blue)))
            cv2.circle(dots, (x, y), DOT_PX, number, cv2.FILLED)
        fill = np.array(colours, np.uint8)
        regions, points = (encode(fill[which], "png", 100) for which in (numbers, dots))
        return Drawn({f"regions/{file}": regions, f"points/{file}": points}, rows)


def median_colour(pixels: NDArray[np.uint8]) -> tuple[int, int, int]:
    """The median of each channel of (n, 3) colours, of two middle ones the lower; n must not be 0."""
    middle = np.sort(pixels, axis=0)[(len(pixels) - 1) // 2]
    return int(middle[0]), int(middle[1]), int(middle[2])


def inner_point(mask: Mask) -> tuple[int, int]:
    """The pixel (x, y) of a mask that lies furthest from what is not mask; the first in reading order.

    >>> inner_point(np.array([[1, 0, 0, 0], [0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1]], dtype=bool))
    (2, 2)
    """
    framed = np.pad(mask.astype(np.uint8), 1)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
    y, x = np.unravel_index(int(np.argmax(depth)), mask.shape)
    return int(x), int(y)


def _row(
    name: str,
    panel: ExportPanel,
    instance: ExportInstance,
    point: tuple[int, int],
    colour: tuple[int, int, int],
) -> HintRow:
    return HintRow(
        name,
        panel.panel.id,
        instance.class_id,
        instance.name,
        instance.source,
        instance.score,
        instance.area,
        *point,
        *colour,
    )

"""Layout ``yolo``: panels and polygons as Ultralytics reads them for segmentation.

    yolo/
      data.yaml                  the classes by their number (from 0), and where the pictures lie beside it
      images/SIDE/NAME.png       the panel; SIDE is train, val, test or unlabelled
      labels/SIDE/NAME.txt       a line per mask: class, then x y x y … as shares of width and height
      index.csv                  the panel that each NAME is: ``IndexRow``

A point is the middle of a pixel of the outline: the reader cuts it to whole pixels and fills with
``cv2.fillPoly``, which draws the outline too, and gets the mask back as it was. The format has one ring a
mask. Further parts and holes hang on the first ring by a bridge, out and back along one line, a pixel wide,
which a reader draws where it crosses what is not mask. The chosen classes are
numbered from 0 in the order of their ids, as the reader wants them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.export.index import TableLayout, index_row
from toonseg.export.instances import Drawn, ExportJob, OpenPanel
from toonseg.geometry import Mask
from toonseg.store import write_bytes

Ring = NDArray[np.int64]  # (n, 2), x and y of pixels
_LEAST_POINTS = 4  # shorter lines look like boxes to the reader


class Yolo(TableLayout):
    """Writes the pictures and the lines of panels, the description, and the index."""

    def __init__(self, folder: Path, job: ExportJob) -> None:
        super().__init__(folder, job)
        self._names = list(job.classes.values())

    @staticmethod
    def draw(panel: OpenPanel, name: str, classes: Mapping[int, str]) -> Drawn:
        """The panel and its polygons."""
        numbers = {class_id: number for number, class_id in enumerate(classes)}
        lines = [
            _line(numbers[its.class_id], mask_ring(its.cut) + its.box[:2], panel.width, panel.height)
            for its in panel.instances
        ]
        files = {
            f"images/{panel.side}/{name}.png": panel.png,
            f"labels/{panel.side}/{name}.txt": "".join(lines).encode(),
        }
        return Drawn(files, [index_row(name, panel)])

    def close(self) -> None:
        """Write the description and the index."""
        sides = {row.side: f"images/{row.side}" for row in self._rows}
        any_ = next(iter(sides.values()), "images")
        val = sides.get("val", sides.get("test", any_))
        note = (
            ""
            if "val" in sides
            else "  # no panels are set apart (split.val): do not choose weights by these"
        )
        lines = [
            f"train: {sides.get('train', any_)}",
            f"val: {val}{note}",
            *([f"test: {sides['test']}"] if "test" in sides else []),
            "names:",
            *(f"  {number}: {_quoted(name)}" for number, name in enumerate(self._names)),
        ]
        write_bytes(self._folder / "data.yaml", ("\n".join(lines) + "\n").encode())
        super().close()


def mask_ring(mask: Mask) -> Ring:
    """One ring around all parts and holes of a mask that holds a pixel; even-odd filling gives the mask.

    The outlines are joined nearest first (Prim, "Shortest connection networks", 1957), so that a bridge to a
    hole never leaves the mask.
    """
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outlines = [np.asarray(outline[:, 0], np.int64) for outline in found]
    ring, waiting = outlines[0], outlines[1:]
    links = [_nearest(ring, outline) for outline in waiting]
    while waiting:
        at = min(range(len(links)), key=lambda number: links[number][0])
        outline, (_, start, end) = waiting.pop(at), links.pop(at)
        ring = _bridged(ring, start, outline, end)
        for number, other in enumerate(waiting):
            nearer = _nearest(outline, other)
            if nearer[0] < links[number][0]:
                links[number] = nearer
    return _corners(ring)


def _nearest(one: Ring, other: Ring) -> tuple[int, tuple[int, int], tuple[int, int]]:
    """Squared distance of the nearest points of two outlines, and these points."""
    apart = ((one[:, None] - other[None]) ** 2).sum(axis=2)
    at, to = np.unravel_index(int(np.argmin(apart)), apart.shape)
    start, end = one[at].tolist(), other[to].tolist()
    return int(apart[at, to]), (start[0], start[1]), (end[0], end[1])


def _bridged(ring: Ring, start: tuple[int, int], outline: Ring, end: tuple[int, int]) -> Ring:
    """The ring that leaves at ``start`` for ``end``, goes round the outline, and comes back."""
    at = int(np.flatnonzero((ring == start).all(axis=1))[0])
    to = int(np.flatnonzero((outline == end).all(axis=1))[0])
    return np.concatenate([ring[: at + 1], np.roll(outline, -to, axis=0), outline[to : to + 1], ring[at:]])


def _corners(ring: Ring) -> Ring:
    """The ring without the points in the middle of straight stretches."""
    steps = np.roll(ring, -1, axis=0) - ring
    kept = ring[(steps != np.roll(steps, 1, axis=0)).any(axis=1)] if len(ring) > 2 else ring
    return kept if len(kept) else ring[:1]


def _line(number: int, ring: Ring, width: int, height: int) -> str:
    """A mask's line: shares with digits enough to tell a pixel's middle."""
    if len(ring) < _LEAST_POINTS:
        ring = np.concatenate([ring, np.repeat(ring[-1:], _LEAST_POINTS - len(ring), axis=0)])
    shares: Any = (ring + 0.5) / (width, height)
    return " ".join([str(number), *(f"{share:.6f}" for share in shares.ravel())]) + "\n"


def _quoted(name: str) -> str:
    r"""A name as YAML text in double quotes.

    >>> print(_quoted('T-"shirt": 1'))
    "T-\"shirt\": 1"
    """
    return json.dumps(name, ensure_ascii=False)

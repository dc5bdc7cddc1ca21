"""COCO scores by hotcoco, which is optional: the same numbers as pycocotools', in less time.

For 1845 predictions on 63 panels: masks in 0.07 s of a core instead of 0.29, boxes in 0.02 instead of 0.26.
The edges, by pycocotools either way, take 1.3, so a whole report takes 1.6 instead of 1.9.
"""

from collections.abc import Collection
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from toonseg.errors import ToonsegError
from toonseg.metrics.checks import Results, Truth

Array = NDArray[np.float64]


class Hotcoco:
    """A Matcher by hotcoco (see ``toonseg.metrics.coco``). Raises ToonsegError where it is not installed."""

    def __init__(self, truth: Truth, results: Results, kind: Literal["segm", "bbox"]) -> None:
        if find_spec("hotcoco") is None:
            raise ToonsegError("hotcoco is not installed: .venv/bin/pip install hotcoco, or leave out --fast")
        self._truth, self._results, self._kind = truth, results, kind

    def accumulate(self, images: Collection[int]) -> tuple[Array, Array]:
        """See Matcher."""
        from hotcoco import COCO, COCOeval

        part: dict[str, Any] = {
            "images": [image for image in self._truth["images"] if image["id"] in images],
            "annotations": [one for one in self._truth["annotations"] if one["image_id"] in images],
            "categories": list(self._truth["categories"]),
        }
        # Without the other shape, whose area would be taken for that of the one that is scored.
        other = "segmentation" if self._kind == "bbox" else "bbox"
        found = [
            {key: value for key, value in result.items() if key != other}
            for result in self._results
            if result["image_id"] in images
        ]
        truth = COCO(part)
        evaluation: Any = COCOeval(truth, truth.load_res(found), self._kind)
        evaluation.evaluate()
        evaluation.accumulate()
        return np.asarray(evaluation.eval["precision"]), np.asarray(evaluation.eval["recall"])

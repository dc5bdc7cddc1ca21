"""How a training does on the validation set on its way, and the weights that did best."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import Tensor

from toonseg.engines import memory
from toonseg.engines.base import Coco, Predictor, TrainParams, Watcher
from toonseg.engines.data import read_picture
from toonseg.errors import EngineError
from toonseg.images import Picture
from toonseg.metrics.coco import score

State = dict[str, Tensor]

_SCORE_FLOOR = 0.05  # average precision counts unsure predictions too


class Validation:
    """A dataset that nothing is learnt from, and what a training scored on it so far.

    ``scores`` holds pairs of an iteration and the mask AP after it, in percent; ``best`` the weights of the
    first of them that no other surpasses, where ``train.keep`` asks for them, on the CPU. Raises EngineError
    when there is no instance to find, or a picture is missing, damaged or of another size than stated.
    """

    def __init__(self, coco: Coco, pictures: Path, params: TrainParams) -> None:
        if all(one.get("iscrowd") for one in coco["annotations"]):
            raise EngineError("the validation set holds no instance to find: raise split.val")
        self._coco = coco
        self._pictures = pictures
        self._params = params
        self.scores: list[tuple[int, float]] = []
        self.best: State = {}
        self.digest = self._digest()

    def due(self, iteration: int) -> bool:
        """Whether the model is to be scored after an iteration (from 1)."""
        return iteration % self._params.validate_every == 0 or iteration == self._params.iterations

    def look(self, iteration: int, predictor: Predictor, weights: State, watch: Watcher) -> None:
        """Score a model as it is after an iteration, and keep its weights where they are the best so far."""
        with memory.enough("the validation set was predicted", "validate on fewer or smaller pictures"):
            results = predictor.predict(self._read(), _SCORE_FLOOR)
            ap = score(self._coco, results, "segm").overall.ap or 0.0  # None is not: there are instances
        if self._params.keep == "best" and all(ap > before for _, before in self.scores):
            self.best = {name: value.detach().cpu().clone() for name, value in weights.items()}
        self.scores.append((iteration, ap))
        watch.score(iteration, ap)

    def told(self) -> dict[str, Any]:
        """For a model's card: the iteration whose weights are kept, and their score."""
        kept = max(self.scores, key=lambda pair: pair[1]) if self._params.keep == "best" else self.scores[-1]
        return {"iteration": kept[0], "validation_ap": kept[1]}

    def _read(self) -> Iterator[tuple[int, Picture]]:
        """Id and picture of each image, one at a time."""
        for image in self._coco["images"]:
            yield image["id"], read_picture(self._pictures, image, "validation")

    def _digest(self) -> str:
        """Read every picture once, so that a bad one shows before the first step; gives a digest of all."""
        digest = hashlib.sha256(json.dumps(self._coco, sort_keys=True).encode())
        for _, picture in self._read():
            digest.update(picture.tobytes())
        return digest.hexdigest()
